"""Dependencies of the routes of findings."""

from typing import Annotated

from fastapi import Depends

from mcm_api.findings.enrichment import EnrichmentService
from mcm_api.http.state import provided

EnrichmentDep = Annotated[EnrichmentService, Depends(provided(EnrichmentService))]
"""Gives a route the scoring and explaining of findings."""
