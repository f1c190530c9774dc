"""How counts by value are given, the same by every feature."""

from pydantic import BaseModel


class ValueCount(BaseModel):
    """One value, and how many have it."""

    value: str
    count: int
