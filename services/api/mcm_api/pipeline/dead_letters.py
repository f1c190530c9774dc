"""Dead letters, as the API shows them."""

import re
from collections.abc import Mapping
from typing import Final

from mcm_api.pipeline.cursor import DeadLetterCursor
from mcm_api.pipeline.schemas import DeadLetterFilter, DeadLetterPage, DeadLetterResponse, RecordOrigin
from mcm_ingestor.dead_letters import DeadLetter as Letter
from mcm_ingestor.dead_letters import dead_letters_before
from mcm_shared.settings import KafkaSettings

_SHOWN: Final = 2_000
_SHOWN_BYTES: Final = 4 * _SHOWN
_ORIGIN: Final = re.compile(r"(.+)/([0-9]{1,10})/([0-9]{1,18})", re.ASCII | re.DOTALL)


async def read_letters(kafka: KafkaSettings, query: DeadLetterFilter) -> DeadLetterPage:
    """Reads a page of dead letters, the newest first; raises BrokerDownError."""
    before = None if query.before is None else dict(enumerate(DeadLetterCursor.decode(query.before).offsets))
    page = await dead_letters_before(kafka, before, query.limit)
    following: Mapping[int, int] | None = page.before
    return DeadLetterPage(
        items=[_shown(dead_letter) for dead_letter in page.dead_letters],
        next=None
        if following is None
        else DeadLetterCursor([following[number] for number in range(len(following))]).encode(),
    )


def _shown(letter: Letter) -> DeadLetterResponse:
    origin = _ORIGIN.fullmatch(letter.origin)
    return DeadLetterResponse(
        partition=letter.place[0],
        offset=letter.place[1],
        at=letter.written_at,
        reason=letter.reason,
        source=letter.source,
        origin=RecordOrigin(topic=origin[1], partition=int(origin[2]), offset=int(origin[3])) if origin else None,
        payload=letter.value[:_SHOWN_BYTES].decode("utf-8", "replace")[:_SHOWN],
        size=len(letter.value),
        replayed=letter.replayed,
    )
