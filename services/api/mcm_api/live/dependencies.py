"""Dependencies of the routes of the live stream."""

from typing import Annotated

from fastapi import Depends

from mcm_api.http.state import provided
from mcm_api.live.stream_config import StreamConfig

StreamDep = Annotated[StreamConfig, Depends(provided(StreamConfig))]
"""Gives a route the live stream."""
