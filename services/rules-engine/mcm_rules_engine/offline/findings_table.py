"""Findings as a table for a terminal: a line each, and its description below."""

import shutil
import textwrap
from collections.abc import Iterator, Sequence
from typing import Final

from mcm_shared.contracts.findings import FindingMessage
from mcm_shared.terminal import escape_controls

_SEVERITY: Final = 8
_TIME: Final = 17
_GAP: Final = 2
_LONGEST_RULE: Final = 32
_NARROWEST: Final = 80
_WIDEST: Final = 140


def table_of(findings: Sequence[FindingMessage], width: int | None = None) -> Iterator[str]:
    """Writes findings as the lines of a table, ``width`` characters wide: the terminal's width, and at least 80."""
    if not findings:
        return
    width = max(_NARROWEST, min(width or shutil.get_terminal_size((_NARROWEST, 24)).columns, _WIDEST))
    rule_width = min(_LONGEST_RULE, max(len("rule"), *(len(finding.rule_name) for finding in findings)))
    widths = (_SEVERITY, rule_width, width - _SEVERITY - rule_width - _TIME - 3 * _GAP, _TIME)
    yield _row(("severity", "rule", "user", "first seen"), widths)
    indent = " " * (_SEVERITY + _GAP)
    for finding in findings:
        seen = f"{finding.first_seen:%Y-%m-%d %H:%M}Z"
        yield _row((finding.severity, finding.rule_name, finding.user or "", seen), widths)
        text = " ".join(finding.description.split())
        if finding.detection_count > 1:
            text = f"{finding.detection_count:,} detections. {text}"
        yield from textwrap.wrap(escape_controls(text), width, initial_indent=indent, subsequent_indent=indent)


def _row(texts: Sequence[str], widths: Sequence[int]) -> str:
    cells = [_cut(escape_controls(text), width).ljust(width) for text, width in zip(texts, widths, strict=True)]
    return (" " * _GAP).join(cells).rstrip()


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
