"""The APIs of sources as loopback servers speak them: paging over a list of events that can grow."""

import dataclasses
import itertools
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, Final

from mcm_ingestor.testing.loopback import Reply, Request

PAGE: Final = 5
FAULTS: Final = (
    Reply({"message": "oops"}, status=500),
    Reply({"message": "API rate limit exceeded"}, status=429, headers={"retry-after": "0"}),
    Reply([{"id": "half"}, {"id": "of a page"}], cut_off=True),
    Reply(raw=b'[{"id": "truncated JSON"'),
    Reply({"message": "You have exceeded a secondary rate limit"}, status=403, headers={"retry-after": "0"}),
)
"""What a source may answer for a while, and what must cost nothing but time."""

Event = dict[str, Any]


class SourceApi(ABC):
    """Events of a source, each visible from a number of requests on; faults are the first answer to each query.

    Faults go by the query, not by turns: two lanes that take turns would give every fault to the same lane.
    """

    def __init__(self, events: list[Event], time_field: str, *, with_faults: bool) -> None:
        self.events = events
        self.requests: list[Request] = []
        self.on_request: Callable[[int], None] = lambda _: None
        self.visible_from: dict[str, int] = {}
        self.ahead = timedelta(0)
        """How far the clock of the source is ahead of ours; what it has not reached yet is not there."""
        self._time_field = time_field
        self._faults = itertools.cycle(FAULTS) if with_faults else None
        self._failed: set[str] = set()
        self._lock = threading.Lock()
        self.url = ""

    def respond(self, request: Request) -> Reply:
        """Answers one request."""
        with self._lock:
            self.requests.append(request)
            number = len(self.requests)
            fault = self._fault(f"{request.path}?{sorted(request.query.items())}")
        self.on_request(number)
        reply = fault or self._page(request)
        return dataclasses.replace(reply, headers={**reply.headers, "date": format_datetime(self.now(), usegmt=True)})

    def now(self) -> datetime:
        """Returns the time by the source's clock."""
        return datetime.now(UTC) + self.ahead

    def _fault(self, query: str) -> Reply | None:
        if self._faults is None or query in self._failed:
            return None
        self._failed.add(query)
        return next(self._faults)

    @abstractmethod
    def _page(self, request: Request) -> Reply:
        """Answers a request without a fault."""

    def _between(self, since: datetime, until: datetime | None) -> list[Event]:
        seen = [
            each
            for each in self.events
            if self.visible_from.get(each["id"], 0) <= len(self.requests)
            and _time(each[self._time_field]) <= self.now()
        ]
        return sorted(
            (
                each
                for each in seen
                if since <= _time(each[self._time_field]) and (until is None or _time(each[self._time_field]) < until)
            ),
            key=lambda each: str(each[self._time_field]),
        )


class OktaApi(SourceApi):
    """Okta's System Log: a cursor in the ``Link`` header, also of an empty page."""

    def _page(self, request: Request) -> Reply:
        since, until = _time(request.query["since"]), request.query.get("until")
        found = self._between(since, None if until is None else _time(until))
        at = int(request.query.get("after", 0))
        page = found[at : at + PAGE]
        query = f"since={request.query['since']}&after={at + len(page)}" + (f"&until={until}" if until else "")
        link = f'<{self.url}/api/v1/logs?{query}>; rel="next"'
        return Reply(page, headers={} if until and not page else {"link": link})


class GithubAuditApi(SourceApi):
    """GitHub's audit log: a phrase of search, and a cursor while there is more."""

    def _page(self, request: Request) -> Reply:
        phrase = request.query["phrase"].removeprefix("created:")
        since, _, until = phrase.removeprefix(">=").partition("..")
        found = self._between(_time(since), _time(until) if until else None)
        at = int(request.query.get("after", 0))
        page = found[at : at + PAGE]
        more = at + PAGE < len(found)
        quoted = request.query["phrase"].replace("+", "%2B").replace(">", "%3E").replace("=", "%3D")
        link = f'<{self.url}/orgs/example/audit-log?phrase={quoted}&after={at + PAGE}>; rel="next"'
        return Reply(page, headers={"link": link} if more else {})


class GraphApi(SourceApi):
    """Microsoft Graph: tokens, filters by time, and ``@odata.nextLink``."""

    def respond(self, request: Request) -> Reply:
        """Answers one request; the login has no faults."""
        if request.path.endswith("/token"):
            return Reply({"access_token": "t-1", "expires_in": 3600})
        if request.headers.get("authorization") != "Bearer t-1":
            return Reply({"error": {"message": "InvalidAuthenticationToken"}}, status=401)
        return super().respond(request)

    def _page(self, request: Request) -> Reply:
        words = request.query["$filter"].split()
        since, until = words[2], words[6] if len(words) > 6 else None
        found = self._between(_time(since), None if until is None else _time(until))
        at = int(request.query.get("$skiptoken", 0))
        data: dict[str, Any] = {"value": found[at : at + PAGE]}
        if at + PAGE < len(found):
            query = request.query["$filter"].replace(" ", "%20")
            data["@odata.nextLink"] = f"{self.url}{request.path}?$filter={query}&$skiptoken={at + PAGE}"
        return Reply(data)


def events_of_last_day(count: int, time_field: str) -> list[Event]:
    """Builds events of the last day, evenly spread; the newest is a minute old."""
    end = datetime.now(UTC) - timedelta(minutes=1)
    step = timedelta(hours=23) / count
    return [
        {"id": f"e-{number}", time_field: (end - step * number).isoformat().replace("+00:00", "Z")}
        for number in range(count)
    ]


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text.replace(" ", "+"))
