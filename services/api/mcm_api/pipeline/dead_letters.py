"""What could not be processed, as the API shows it."""

import re
from collections.abc import Mapping
from typing import Final

from mcm_api.pipeline.cursor import decode_cursor, encode_cursor
from mcm_api.pipeline.schemas import DeadLetterFilter, DeadLetterPage, DeadLetterResponse, RecordOrigin
from mcm_ingestor.dead_letters import DeadLetter as Letter
from mcm_ingestor.dead_letters import dead_letters_before
from mcm_shared.settings import KafkaSettings

_SHOWN: Final = 2_000
_SHOWN_BYTES: Final = 4 * _SHOWN
_ORIGIN: Final = re.compile(r"(.+)/([0-9]{1,10})/([0-9]{1,18})", re.ASCII | re.DOTALL)


async def read_letters(kafka: KafkaSettings, wanted: DeadLetterFilter) -> DeadLetterPage:
    """Reads a page of dead letters, the newest first; raises BrokerDownError."""
    before = None if wanted.before is None else decode_cursor(wanted.before)
    page = await dead_letters_before(kafka, before, wanted.limit)
    following: Mapping[int, int] | None = page.before
    return DeadLetterPage(
        items=[_shown(dead_letter) for dead_letter in page.dead_letters],
        next=None if following is None else encode_cursor(following),
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
