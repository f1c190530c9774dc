"""What the health feature gives."""

from typing import Literal

from pydantic import BaseModel


class Health(BaseModel):
    """The process runs and answers."""

    status: Literal["ok"] = "ok"


class Ready(BaseModel):
    """Every dependency can be used."""

    status: Literal["ready"] = "ready"
    dependencies: list[str]
