"""Redaction of prompts: secrets are removed, people and addresses pseudonymised and restored in replies."""

import ipaddress
import re
from typing import Final, Literal

from mcm_enricher.model.secrets import SECRET_REMOVED, is_secret_field, without_secrets
from mcm_shared.text_safety import plain_letters, readable, unescaped

Redaction = Literal["off", "secrets", "all"]

_CHARACTERS_READ: Final = 8192

# a text that looks like a pseudonym gets one too, or it would be restored as another person
_PERSONAL: Final = re.compile(
    r"""(?P<pseudonym>\b(?:person|address)-\d+\b)
      | (?P<person>
          \w(?:[\w.+\#-]|'(?=\w)){0,63}(?:@|%40|\s*[\[({<]\s*(?:at|@)\s*[\])}>]\s*)\w(?:[\w.-]{0,252}\w)?
            (?:\s*[\[({<]\s*(?:dot|\.)\s*[\])}>]\s*\w[\w-]{0,62}|\s+dot\s+\w[\w-]{0,62}){0,5}
        | \w[\w.+-]{0,63}(?:\s@\s?|@\s)\w[\w-]{0,62}(?:\s?\.\s?\w[\w-]{0,62}){1,5}
        | [\w.+-]{1,64}\s+at\s+\w[\w-]{0,62}(?:\s+dot\s+\w[\w-]{0,62}){1,5}
        | [\w.+-]{1,64}\s+at\s+\w[\w-]{0,62}\s+(?:com|org|net|io|edu|gov)\b
        | \b[a-z0-9.]{1,64}[_-]at[_-][a-z0-9-]{1,63}?(?:(?:\.|[_-]dot[_-])[a-z0-9]{1,63}){1,5}\b
        | (?<!\w)(?:\w\s){2,40}@(?:\s\w(?!\w)){2,40}(?:\s\.(?:\s\w(?!\w)){2,20}){1,4}
        | (?<!\w)"[^"\s@][^"@]{0,62}"@\w[\w.-]{0,252}
        | (?<![\w\\/.:-])(?!(?:builtin|authority|service|hk\w{1,3}|hkey_\w+|system|software)\\)
            (?-i:[A-Z][A-Z0-9-]{1,14})\\(?!\\)[\w.-]{2,64}\$?(?![\w\\/]) )
      | (?P<address>
          (?<![\w:])(?:[0-9a-f]{0,4}:){2,7}(?:(?:\d{1,3}\.){3}\d{1,3}|[0-9a-f]{0,4})(?![\w:])
        | (?<!\d)(?<!\d\.)(?:\d{1,3}\.){3}\d{1,3}(?!\d|\.\d)
        | (?<![\d.])(?:\d{1,3}\s*(?:[\[({]\s*(?:\.|dot)\s*[\])}]|\.|\sdot\s)\s*){3}\d{1,3}(?![\d.])
        | (?<![\w.])(?:0x[0-9a-f]{1,2}|0[0-7]{1,4})(?:\.(?:0x[0-9a-f]{1,2}|0[0-7]{0,4})){3}(?![\w.])
        | \b(?:ip|ec2)-(?:\d{1,3}-){3}\d{1,3}\b
        | (?<![\w-])(?:\d{1,3}-){3}\d{1,3}(?![\w-])
        | (?<![\w:-])(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}(?![\w:-]) | (?<![\w.])(?:[0-9a-f]{4}\.){2}[0-9a-f]{4}(?![\w.])
        | (?<![\w.])(?:\+|00(?=[1-9]))\d{1,3}[\s(.-]{0,2}\d(?:[\s().-]{0,2}\d){6,12}(?![\w-]|\.\d)
        | (?<![\w.-])(?:1[-.\s])?(?:\(\d{3}\)\s?|\d{3}[-.\s])\d{3}[-.\s]\d{4}(?![\w-]|\.\d)
        | (?<![\w.-])0\d{1,4}[\s-]\d{3,4}[\s-]\d{3,4}(?![\w-]|\.\d)
        | (?<=phone\s)\d{7,14}\b | (?<=call\s)\d{7,14}\b | (?<=called\s)\d{7,14}\b | (?<=sms\s)\d{7,14}\b
        | (?<=tel:)\d{7,14}\b )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_HARDWARE: Final = re.compile(r"(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}|(?:[0-9a-f]{4}\.){2}[0-9a-f]{4}", re.IGNORECASE)
_TELEPHONE: Final = re.compile(
    r"\+.*|00[1-9].*|(?:1[-.\s])?\(?\d{3}\)?[-.\s]+\d{3}[-.\s]\d{4}|0\d{1,4}[\s-]\d{3,4}[\s-]\d{3,4}|\d{7,14}"
)
_OTHER_BASES: Final = re.compile(
    r"(?:0x[0-9a-f]{1,2}|0[0-7]{1,4})(?:\.(?:0x[0-9a-f]{1,2}|0[0-7]{0,4})){3}", re.IGNORECASE
)
_NUMBER: Final = re.compile(r"[0-9]+")
_IPV4_NUMBERS: Final = 4
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
        text = plain_letters(readable(unescaped(text)))
        text = without_secrets(text)
        return _PERSONAL.sub(self._pseudonym, text) if self._redaction == "all" else text

    def redact_field(self, name: str, text: str) -> str:
        """Redacts a named value: of a field that holds a credential nothing is left."""
        if self._redaction != "off" and is_secret_field(plain_letters(readable(name)), text):
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
    if any(pattern.fullmatch(text) for pattern in (_HARDWARE, _TELEPHONE, _OTHER_BASES)):
        return True
    numbers = _NUMBER.findall(text.lower().removeprefix("ec2-"))
    if ":" not in text and len(numbers) == _IPV4_NUMBERS:
        # however it is spelled: with brackets, words, dashes or leading zeros
        text = ".".join(str(int(number)) for number in numbers)
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
