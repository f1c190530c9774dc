"""The HTTP client of connectors: what a source's refusal means, and how long the source asks to wait."""

import time
from collections.abc import Mapping

import pytest

from mcm_ingestor.connectors.backoff import PollBackoff
from mcm_ingestor.connectors.errors import (
    RateLimitedError,
    SourceDownError,
    SourceError,
    SourceRefusedError,
    SourceUnauthorisedError,
)
from mcm_ingestor.connectors.http_client import HttpClient, open_client
from mcm_ingestor.testing.loopback import Reply, serving

IN_HALF_AN_HOUR = str(int(time.time()) + 1800)


async def error_of(reply: Reply) -> SourceError:
    """Gets a page that is answered so."""

    async def authorise(_renew: bool) -> Mapping[str, str]:
        return {}

    with serving(lambda _: reply) as url:
        async with open_client() as client:
            with pytest.raises(SourceError) as caught:
                await HttpClient(client, url, authorise).get("/logs")
    return caught.value


@pytest.mark.parametrize(
    ("reply", "error", "least_s", "most_s"),
    [
        (Reply(None, 429, {"retry-after": "7"}), RateLimitedError, 7, 7),
        (Reply(None, 429), RateLimitedError, 60, 60),
        (
            Reply(None, 429, {"x-rate-limit-remaining": "0", "x-rate-limit-reset": IN_HALF_AN_HOUR}),
            RateLimitedError,
            61,
            1801,
        ),
        (
            Reply(None, 403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": IN_HALF_AN_HOUR}),
            RateLimitedError,
            61,
            1801,
        ),
        (Reply({"message": "You have exceeded a secondary rate limit"}, 403), RateLimitedError, 60, 60),
        (Reply(None, 503, {"retry-after": "9"}), SourceDownError, 9, 9),
    ],
)
async def test_a_source_says_how_long_to_wait(
    reply: Reply, error: type[SourceError], least_s: float, most_s: float
) -> None:
    raised = await error_of(reply)
    assert type(raised) is error
    assert raised.retry_after_s is not None
    assert least_s <= raised.retry_after_s <= most_s
    assert PollBackoff().failed(raised.retry_after_s) >= raised.retry_after_s


@pytest.mark.parametrize(
    ("reply", "error", "words"),
    [
        (Reply({"message": "Must have admin rights"}, 403), SourceUnauthorisedError, "Must have admin rights"),
        (Reply({"error": {"message": "Bad filter"}}, 400), SourceRefusedError, "Bad filter"),
        (Reply(None, 301, {"location": "/elsewhere"}), SourceRefusedError, "HTTP 301"),
        (Reply(raw=b"<html>Sign in</html>"), SourceDownError, "not JSON"),
    ],
)
async def test_a_refusal_says_what_to_do(reply: Reply, error: type[SourceError], words: str) -> None:
    raised = await error_of(reply)
    assert type(raised) is error
    assert words in str(raised)


def test_a_source_that_keeps_failing_is_probed_ever_more_rarely() -> None:
    backoff = PollBackoff()
    pauses = [backoff.failed() for _ in range(12)]
    assert 0.5 <= pauses[0] <= 1
    assert all(150 <= pause <= 300 for pause in pauses[-2:])
    # a source cannot ask to be left alone for a day
    assert backoff.failed(86_400) == 3600
    backoff.succeeded()
    assert backoff.failed() <= 1
