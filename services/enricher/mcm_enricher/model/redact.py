"""Redaction of prompts: secrets are removed, people and addresses pseudonymised and restored in replies."""

import ipaddress
import re
from typing import Final, Literal

from mcm_enricher.model.secrets import SECRET_REMOVED, is_secret_field, without_secrets
from mcm_enricher.text_safety import readable, unescaped

Redaction = Literal["off", "secrets", "all"]

_CHARACTERS_READ: Final = 8192

# a text that looks like a pseudonym gets one too, or it would be restored as another person
_PERSONAL: Final = re.compile(
    r"""(?P<pseudonym>\b(?:person|address)-\d+\b)
      | (?P<person>[\w.+-]{1,64}(?:@|%40)\w(?:[\w.-]{0,252}\w)?)
      | (?P<address>
          (?<![\w:])(?:[0-9a-f]{0,4}:){2,7}(?:(?:\d{1,3}\.){3}\d{1,3}|[0-9a-f]{0,4})(?![\w:])
        | (?<!\d)(?<!\d\.)(?:\d{1,3}\.){3}\d{1,3}(?!\d|\.\d) )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_PSEUDONYM: Final = re.compile(r"\b(?:person|address)-\d+\b", re.IGNORECASE)


class Redactor:
    """Redacts the texts of one request; the same person or address has the same pseudonym in all of them."""

    def __init__(self, redaction: Redaction) -> None:
        self._redaction = redaction
        self._pseudonyms: dict[str, str] = {}
        self._originals: dict[str, str] = {}

    def redact(self, text: str) -> str:
        """Takes secrets and personal data out of a text; no look-alike, invisible or escaped characters hide them."""
        text = text[:_CHARACTERS_READ]
        if self._redaction == "off":
            return readable(text)
        text = readable(unescaped(text))
        text = without_secrets(text)
        return _PERSONAL.sub(self._pseudonym, text) if self._redaction == "all" else text

    def redact_field(self, name: str, text: str) -> str:
        """Redacts a named value: of a field that holds a credential nothing is left."""
        if self._redaction != "off" and is_secret_field(readable(name), text):
            return SECRET_REMOVED
        return self.redact(text)

    def restore(self, text: str) -> str:
        """Replaces pseudonyms by the people and addresses they stand for."""
        return _PSEUDONYM.sub(lambda found: self._originals.get(found[0].lower(), found[0]), text)

    def _pseudonym(self, found: re.Match[str]) -> str:
        kind, original = str(found.lastgroup), found[0]
        if kind == "address" and not _is_address(original):
            return original
        if kind == "pseudonym":
            kind = original.partition("-")[0].lower()
        known = self._pseudonyms.get(original.lower())
        if known is None:
            number = sum(pseudonym.startswith(kind) for pseudonym in self._originals) + 1
            known = f"{kind}-{number}"
            self._pseudonyms[original.lower()] = known
            self._originals[known] = original
        return known


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
