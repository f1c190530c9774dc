"""Keeps pages of other sites from making a person's browser change something here."""

from typing import Final
from urllib.parse import urlsplit

from fastapi import Request

from mcm_api.http.problems import ProblemError

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


async def refuse_cross_site(request: Request) -> None:
    """Raises ProblemError 403 for a request that changes something and that a page of another site made.

    Browsers say so in Sec-Fetch-Site, older ones by an Origin that is not our host; programs send neither.
    """
    if request.method in _SAFE:
        return
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None:
        foreign = site not in {"same-origin", "none"}
    else:
        foreign = origin is not None and urlsplit(origin).netloc != request.headers.get("host")
    if foreign:
        raise ProblemError(403, "A page of another site must not change anything here.")
