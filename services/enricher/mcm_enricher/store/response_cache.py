"""Cache of model responses, and claims on requests; shared by all workers."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import TextClause, bindparam, delete, select, text

from mcm_shared.db.bulk import among
from mcm_shared.db.engine import AsyncConnection, AsyncEngine, transaction
from mcm_shared.db.tables import ENRICHMENT_ANSWERS
from mcm_shared.db.types import UtcDateTime

RESPONSE_LIFETIME_S: Final = 30 * 24 * 3600.0
"""How long a response is reused for the same request, in seconds."""

REJECTION_LIFETIME_S: Final = 24 * 3600.0
"""How long a request whose replies were rejected is not sent again, in seconds."""


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """A request to a model; ``key`` is the hash of the prompt and the model."""

    key: str
    prompt_version: str
    model: str


@dataclass(frozen=True, slots=True)
class CachedResponse:
    """A cached response: the explanation as JSON, or the reason for rejecting it."""

    explanation: dict[str, Any] | None
    rejection: str | None
    prompt_tokens: int
    completion_tokens: int
    latency_ms: int


@dataclass(frozen=True, slots=True)
class Claim:
    """Result of a claim: ``ours``, or the cached response in ``stored``, or neither while another worker has it."""

    ours: bool = False
    stored: CachedResponse | None = None


# One row a request. A row is valid until a point in time, as a claim while the request is sent and then as a response;
# after that the first worker may claim it. The owner of a claim may always renew it. Rows are locked in the order of
# their keys, so that two workers cannot deadlock.
_INSERT: Final = """INSERT INTO enrichment_answers (key, prompt_version, model, claimed_by, stands_until)"""
_TAKE_OVER: Final = """ON CONFLICT (key) DO UPDATE SET claimed_by = excluded.claimed_by,
        stands_until = excluded.stands_until, answer = NULL, refusal = NULL, answered_at = NULL,
        prompt_tokens = 0, completion_tokens = 0, latency_ms = 0
    WHERE enrichment_answers.stands_until <= :now
        OR (enrichment_answers.claimed_by = :owner AND enrichment_answers.answered_at IS NULL)
    RETURNING key"""
_CLAIM: Final[Mapping[str, TextClause]] = {
    "postgresql": text(
        f"""{_INSERT} SELECT r.key, r.prompt_version, r.model, :owner, :until
        FROM json_to_recordset(CAST(:rows AS json)) AS r(key text, prompt_version text, model text)
        ORDER BY r.key {_TAKE_OVER}"""  # noqa: S608 (our own constants)
    ),
    "sqlite": text(
        f"""{_INSERT} SELECT json_extract(value, '$.key'), json_extract(value, '$.prompt_version'),
            json_extract(value, '$.model'), :owner, :until
        FROM json_each(:rows) WHERE true {_TAKE_OVER}"""  # noqa: S608 (our own constants)
    ),
}

_LOCK: Final = text(
    """SELECT 1 FROM enrichment_answers
    WHERE key IN (SELECT value ->> 'key' FROM json_array_elements(CAST(:rows AS json))) ORDER BY key FOR UPDATE"""
)
_SET: Final = """UPDATE enrichment_answers SET answer = r.explanation, refusal = r.rejection,
    prompt_tokens = r.prompt_tokens, completion_tokens = r.completion_tokens, latency_ms = r.latency_ms,
    answered_at = :now,
    stands_until = CASE WHEN r.explanation IS NULL THEN :rejection_until ELSE :response_until END"""
_OURS: Final = "WHERE enrichment_answers.key = r.key AND enrichment_answers.claimed_by = :owner"
_STORE: Final[Mapping[str, TextClause]] = {
    "postgresql": text(
        f"""{_SET} FROM json_to_recordset(CAST(:rows AS json)) AS r(key text, explanation json, rejection text,
            prompt_tokens integer, completion_tokens integer, latency_ms integer) {_OURS}"""
    ),
    "sqlite": text(
        f"""{_SET} FROM (SELECT json_extract(value, '$.key') AS key,
            json_extract(value, '$.explanation') AS explanation,
            json_extract(value, '$.rejection') AS rejection, json_extract(value, '$.prompt_tokens') AS prompt_tokens,
            json_extract(value, '$.completion_tokens') AS completion_tokens,
            json_extract(value, '$.latency_ms') AS latency_ms FROM json_each(:rows)) AS r {_OURS}"""  # noqa: S608
    ),
}


async def claim(
    engine: AsyncEngine, requests: Sequence[ModelRequest], owner: UUID, *, now: datetime, for_s: float
) -> list[Claim]:
    """Claims distinct requests for some seconds; returns the cached responses of those that have one."""
    times = {"now": now, "until": now + timedelta(seconds=for_s)}
    rows = orjson.dumps([asdict(request) for request in requests]).decode()
    async with transaction(engine) as connection:
        statement = _typed(_CLAIM[connection.dialect.name], *times)
        taken = set((await connection.execute(statement, {"rows": rows, "owner": owner, **times})).scalars())
        others = [request.key for request in requests if request.key not in taken]
        stored = await _stored(connection, others) if others else {}
    return [Claim(request.key in taken, stored.get(request.key)) for request in requests]


async def read_response(engine: AsyncEngine, key: str) -> CachedResponse | None:
    """Reads the cached response of a request; None without one."""
    async with transaction(engine, read_only=True) as connection:
        return (await _stored(connection, [key])).get(key)


async def store_responses(
    engine: AsyncEngine, responses: Sequence[tuple[str, CachedResponse]], owner: UUID, *, now: datetime
) -> None:
    """Stores the responses of claimed requests, by key."""
    times = {
        "now": now,
        "response_until": now + timedelta(seconds=RESPONSE_LIFETIME_S),
        "rejection_until": now + timedelta(seconds=REJECTION_LIFETIME_S),
    }
    rows = {"rows": orjson.dumps([{"key": key, **asdict(response)} for key, response in responses]).decode()}
    async with transaction(engine) as connection:
        if connection.dialect.name == "postgresql":
            await connection.execute(_LOCK, rows)
        statement = _typed(_STORE[connection.dialect.name], *times)
        await connection.execute(statement, {**rows, "owner": owner, **times})


async def release_claim(engine: AsyncEngine, key: str, owner: UUID) -> None:
    """Ends a claim without a response, so that another worker may send the request."""
    columns = ENRICHMENT_ANSWERS.c
    ours = (columns.key == key, columns.claimed_by == owner, columns.answered_at.is_(None))
    async with transaction(engine) as connection:
        await connection.execute(delete(ENRICHMENT_ANSWERS).where(*ours))


async def delete_expired(engine: AsyncEngine, now: datetime) -> int:
    """Deletes expired responses and claims; returns how many."""
    async with transaction(engine) as connection:
        old = delete(ENRICHMENT_ANSWERS).where(ENRICHMENT_ANSWERS.c.stands_until <= now)
        return (await connection.execute(old)).rowcount


async def _stored(connection: AsyncConnection, keys: Sequence[str]) -> dict[str, CachedResponse]:
    columns = ENRICHMENT_ANSWERS.c
    content = columns.answer, columns.refusal, columns.prompt_tokens, columns.completion_tokens, columns.latency_ms
    query = select(columns.key, *content).where(among(columns.key, keys, connection), columns.answered_at.is_not(None))
    return {key: CachedResponse(*values) for key, *values in (await connection.execute(query)).all()}


def _typed(statement: TextClause, *times: str) -> TextClause:
    owner = bindparam("owner", type_=ENRICHMENT_ANSWERS.c.claimed_by.type)
    return statement.bindparams(owner, *(bindparam(name, type_=UtcDateTime) for name in times))
