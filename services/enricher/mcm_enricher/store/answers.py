"""Answers of models by what was asked, and claims on asking; shared by all workers."""

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

ANSWER_STANDS_S: Final = 30 * 24 * 3600.0
"""How long a response is reused for the same request, in seconds."""

REFUSAL_STANDS_S: Final = 24 * 3600.0
"""How long a question is not asked again whose answers were refused, in seconds."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: ``key`` names the prompt and the model."""

    key: str
    prompt_version: str
    model: str


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """What came of a question: the answer as JSON, or why it was refused."""

    answer: dict[str, Any] | None
    refusal: str | None
    prompt_tokens: int
    completion_tokens: int
    latency_ms: int


@dataclass(frozen=True, slots=True)
class Claim:
    """How a claim went: ``ours``, else ``stored`` holds what is known already, else another worker is asking."""

    ours: bool = False
    stored: StoredAnswer | None = None


# One row for each question. A row stands until a point in time: a claim while it is asked, an answer until it is too
# old; after that the first worker may claim it. The owner of a claim may always renew it. Rows are locked in the
# order of their keys, so that two workers cannot wait for each other.
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
_SET: Final = """UPDATE enrichment_answers SET answer = r.answer, refusal = r.refusal, prompt_tokens = r.prompt_tokens,
    completion_tokens = r.completion_tokens, latency_ms = r.latency_ms, answered_at = :now,
    stands_until = CASE WHEN r.answer IS NULL THEN :refusal_until ELSE :answer_until END"""
_OURS: Final = "WHERE enrichment_answers.key = r.key AND enrichment_answers.claimed_by = :owner"
_ANSWER: Final[Mapping[str, TextClause]] = {
    "postgresql": text(
        f"""{_SET} FROM json_to_recordset(CAST(:rows AS json)) AS r(key text, answer json, refusal text,
            prompt_tokens integer, completion_tokens integer, latency_ms integer) {_OURS}"""
    ),
    "sqlite": text(
        f"""{_SET} FROM (SELECT json_extract(value, '$.key') AS key, json_extract(value, '$.answer') AS answer,
            json_extract(value, '$.refusal') AS refusal, json_extract(value, '$.prompt_tokens') AS prompt_tokens,
            json_extract(value, '$.completion_tokens') AS completion_tokens,
            json_extract(value, '$.latency_ms') AS latency_ms FROM json_each(:rows)) AS r {_OURS}"""  # noqa: S608
    ),
}


async def claim(
    engine: AsyncEngine, questions: Sequence[Question], owner: UUID, *, now: datetime, for_s: float
) -> list[Claim]:
    """Claims different questions for some seconds, or says what is known of them already."""
    times = {"now": now, "until": now + timedelta(seconds=for_s)}
    rows = orjson.dumps([asdict(question) for question in questions]).decode()
    async with transaction(engine) as connection:
        statement = _typed(_CLAIM[connection.dialect.name], *times)
        taken = set((await connection.execute(statement, {"rows": rows, "owner": owner, **times})).scalars())
        others = [question.key for question in questions if question.key not in taken]
        stored = await _stored(connection, others) if others else {}
    return [Claim(question.key in taken, stored.get(question.key)) for question in questions]


async def look_up(engine: AsyncEngine, key: str) -> StoredAnswer | None:
    """Reads what is known of a question; None where nothing is."""
    async with transaction(engine, read_only=True) as connection:
        return (await _stored(connection, [key])).get(key)


async def store_answers(
    engine: AsyncEngine, answers: Sequence[tuple[str, StoredAnswer]], owner: UUID, *, now: datetime
) -> None:
    """Stores what came of claimed questions, by their keys."""
    times = {
        "now": now,
        "answer_until": now + timedelta(seconds=ANSWER_STANDS_S),
        "refusal_until": now + timedelta(seconds=REFUSAL_STANDS_S),
    }
    rows = {"rows": orjson.dumps([{"key": key, **asdict(answer)} for key, answer in answers]).decode()}
    async with transaction(engine) as connection:
        if connection.dialect.name == "postgresql":
            await connection.execute(_LOCK, rows)
        statement = _typed(_ANSWER[connection.dialect.name], *times)
        await connection.execute(statement, {**rows, "owner": owner, **times})


async def give_back(engine: AsyncEngine, key: str, owner: UUID) -> None:
    """Ends a claim without a response, so that another worker may send the request."""
    columns = ENRICHMENT_ANSWERS.c
    ours = (columns.key == key, columns.claimed_by == owner, columns.answered_at.is_(None))
    async with transaction(engine) as connection:
        await connection.execute(delete(ENRICHMENT_ANSWERS).where(*ours))


async def forget_old_answers(engine: AsyncEngine, now: datetime) -> int:
    """Deletes answers and claims that no longer stand, and says how many."""
    async with transaction(engine) as connection:
        old = delete(ENRICHMENT_ANSWERS).where(ENRICHMENT_ANSWERS.c.stands_until <= now)
        return (await connection.execute(old)).rowcount


async def _stored(connection: AsyncConnection, keys: Sequence[str]) -> dict[str, StoredAnswer]:
    columns = ENRICHMENT_ANSWERS.c
    published = columns.answer, columns.refusal, columns.prompt_tokens, columns.completion_tokens, columns.latency_ms
    query = select(columns.key, *published).where(
        among(columns.key, keys, connection), columns.answered_at.is_not(None)
    )
    return {key: StoredAnswer(*values) for key, *values in (await connection.execute(query)).all()}


def _typed(statement: TextClause, *times: str) -> TextClause:
    owner = bindparam("owner", type_=ENRICHMENT_ANSWERS.c.claimed_by.type)
    return statement.bindparams(owner, *(bindparam(name, type_=UtcDateTime) for name in times))
