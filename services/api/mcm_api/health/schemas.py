"""Response models of the health checks."""

from typing import Literal

from pydantic import BaseModel


class Health(BaseModel):
    """The process is alive."""

    status: Literal["ok"] = "ok"


class Ready(BaseModel):
    """Every dependency is available."""

    status: Literal["ready"] = "ready"
    dependencies: list[str]
