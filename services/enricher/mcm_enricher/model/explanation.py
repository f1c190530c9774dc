"""Explanations written by a model: their JSON schema, parsing and validation."""

import html
import json
import re
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from mcm_enricher.model.claims import refused_claim
from mcm_shared.text_safety import (
    HOST,
    MAX_WORDS,
    count_words,
    defang,
    is_top_level_domain,
    plain,
    plain_letters,
    readable,
)

MAX_DRIVERS: Final = 4
_DRIVER_CHARACTERS: Final = 120
_TEXT_CHARACTERS: Final = 1200
_ANSWER_CHARACTERS: Final = 20_000

RESPONSE_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["score", "explanation", "drivers", "confidence"],
    "properties": {
        "score": {"type": "integer", "description": "Risk from 0 to 100"},
        "explanation": {
            "type": "string",
            "description": "What happened, why it matters, what to check first: one plain paragraph, at most 90 words",
        },
        "drivers": {
            "type": "array",
            "items": {"type": "string"},
            "description": "Up to four reasons for the score, a few words each",
        },
        "confidence": {"type": "string", "enum": ["low", "medium", "high"]},
    },
}
"""JSON schema of a reply, in the subset that every server's strict mode supports."""

_FENCE: Final = re.compile(r"```(?:json)?\s*(\{.*?\})\s*```", re.DOTALL | re.IGNORECASE)
_DECODER: Final = json.JSONDecoder()
_MAX_BRACES: Final = 200
_MAX_OBJECTS: Final = 4

# a link with or without a scheme, also one split up for the reader to reassemble
_LINK: Final = re.compile(
    r"""\w+\s*:\s*// | \bwww\. | \b(?:https?|ftps?|hxxps?|javascript|vbscript|mailto)\s*: | \b(?:tel|sms):\+?\d
      | \bdata:[\w/+-]*[;,/] | \][(\[:] | !\[ | [\[(](?:\.|dot)[\])]
      | (?<![@\w.-])(?:[\w-]+\.)+[^\W\d_]{2,24}(?::\d+)?[/?\#] """,
    re.IGNORECASE | re.VERBOSE,
)
_HTML: Final = re.compile(r"<\s*[a-z!/?]|&#?\w{1,31};", re.IGNORECASE)
_CONTROL_NUMBER: Final = re.compile(
    r"""\b(?i:CC|PI)\s?\d{1,2}\.\d+ | \b(?i:A)\.\d{1,2}\.\d+
      | \b(?:A[CTU]|C[AMP]|I[AR]|M[AP]|P[ELMST]|RA|S[ACIR])-\d{1,2}(?:\(\d+\))? | \bTA?\d{4}(?:\.\d{3})?\b
      | (?i:\b(?:SOC|ISO|IEC|NIST|PCI|CIS|COBIT|HITRUST|NIS)(?:[\s/.-]*(?:DSS|IEC|CSF|SP|Controls?|v))*[\s.-]*\d)
      | (?i:\b(?:PCI[\s-]?DSS|NIST|SOX|HIPAA|FedRAMP|GDPR|MITRE|ATT&CK)\b)
      | (?i:\b(?:art(?:icle|\.)|annex|appendix|clause)\s*(?:[A-Z]\.?)?\d)
      | (?i:\b(?:control|section|requirement|criteri(?:on|a))\s(?:[A-Z]\.?)?\d+\.\d) """,
    re.VERBOSE,
)


class ReplyRejectedError(Exception):
    """A model's reply breaks the rules; ``reason`` is sent to the model with the second request."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def _whole(score: Any) -> Any:
    return int(score) if isinstance(score, float) and score.is_integer() else score


class _Raw(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)

    # JSON has one kind of number: 90.0 is the integer 90
    score: Annotated[int, BeforeValidator(_whole), Field(ge=0, le=100)]
    explanation: Annotated[str, Field(min_length=20, max_length=_TEXT_CHARACTERS)]
    drivers: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=_DRIVER_CHARACTERS)]], Field(max_length=MAX_DRIVERS)
    ]
    confidence: Literal["low", "medium", "high"]


@dataclass(frozen=True, slots=True)
class ModelExplanation:
    """A validated explanation: ``score`` from 0 to 100, and texts that contain pseudonyms."""

    score: int
    text: str
    drivers: tuple[str, ...]
    confidence: str

    def as_data(self) -> dict[str, Any]:
        """Returns the explanation as JSON."""
        return {
            "score": self.score,
            "explanation": self.text,
            "drivers": list(self.drivers),
            "confidence": self.confidence,
        }

    @classmethod
    def of_data(cls, data: dict[str, Any]) -> "ModelExplanation":
        """Reads the result of ``as_data``."""
        return cls(data["score"], data["explanation"], tuple(data["drivers"]), data["confidence"])


def parse_explanation(text: str) -> ModelExplanation:
    """Parses a model's reply: JSON, possibly within prose.

    Raises ReplyRejectedError when it is not JSON, breaks the schema, is too long, or contains HTML, links or control
    numbers.
    """
    if len(text) > _ANSWER_CHARACTERS:
        raise ReplyRejectedError("the answer is far too long")
    raw = _parse(text)
    for part in (raw.explanation, *raw.drivers):
        _check(part)
    if count_words(raw.explanation) > MAX_WORDS:
        raise ReplyRejectedError(f"the explanation has over {MAX_WORDS} words")
    return ModelExplanation(
        score=raw.score,
        text=sanitize(raw.explanation),
        drivers=tuple(sanitize(driver) for driver in raw.drivers),
        confidence=raw.confidence,
    )


def sanitize(text: str) -> str:
    """Makes one line of a validated text; a second line of defence: removes HTML, links and Markdown."""
    return defang(plain(text, characters=_TEXT_CHARACTERS, words=MAX_WORDS))


def _parse(text: str) -> _Raw:
    for candidate in _candidates(text):
        try:
            return _Raw.model_validate_json(candidate)
        except ValidationError as error:
            detail = error.errors(include_url=False, include_input=False)[0]
            field = ".".join(map(str, detail["loc"]))
            reason = f"{field}: {detail['msg']}" if field else "the answer is not the JSON object asked for"
            problem = ReplyRejectedError(reason)
    raise problem


def _candidates(text: str) -> list[str]:
    # reasoning comes before the reply; some models never close the tag
    text = text.rpartition("</think>")[2]
    found = [text.strip()]
    found += [match[1] for match in _FENCE.finditer(text)][:1]
    found += _objects(text)
    return list(dict.fromkeys(found))


def _objects(text: str) -> list[str]:
    """Finds the JSON objects in prose, last one first; skips braces that begin no JSON."""
    found: list[str] = []
    start = text.find("{")
    for _ in range(_MAX_BRACES):
        if start < 0:
            break
        try:
            _, end = _DECODER.raw_decode(text, start)
        except (ValueError, RecursionError):
            end = start + 1
        else:
            found.append(text[start:end])
        start = text.find("{", end)
    return found[::-1][:_MAX_OBJECTS]


def _check(text: str) -> None:
    # checked as a browser or a reader would see it
    seen = plain_letters(readable(text))
    for view in (seen, html.unescape(seen)):
        if _HTML.search(view):
            raise ReplyRejectedError("HTML is not allowed")
        if _LINK.search(view):
            raise ReplyRejectedError("links are not allowed")
    claim = refused_claim(seen)
    if claim is not None:
        raise ReplyRejectedError(claim)
    if any(is_top_level_domain(host[1]) for host in HOST.finditer(seen)):
        raise ReplyRejectedError("names of hosts are not allowed")
    if _CONTROL_NUMBER.search(seen):
        raise ReplyRejectedError("names and numbers of controls, standards and techniques are not allowed")
