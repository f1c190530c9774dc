"""Credentials and numbers in running text: on command lines, in sentences, in dumps of hashes, and of bank cards."""

import re
from collections.abc import Callable
from typing import Final

_AFTER_COMMAND: Final = re.compile(
    r"""\b(\w*login\b[^\r\n]{0,120}?\s)(-p[\s=]*)(?!-)\S+                                  # login -u mona -p …
      | \b((?:redis-cli|valkey-cli|keydb-cli)\b[^\r\n]{0,120}?\s)(-a\s*)(?!-)\S+
      | \b((?:mongo\w*|sshpass|kinit|htpasswd|7z\w?|rar|unrar|rdesktop|wmic|net\suse)\b[^\r\n]{0,120}?\s)
            (-p\s?|/p(?:assword)?:)(?!-)\S+
      | \b((?:sqlcmd|zip|unzip|bcp|ipmitool|snmp\w+)\b[^\r\n]{0,120}?\s)(-[PAX]\s?)(?!-)\S+
      | \b(smbclient\b[^\r\n]{0,120}?\s-U\s+[^\s%]+)(%)\S+
      | \b(net\s+user\s+\S+)(\s+)(?!/)\S+
      | \b(htpasswd\s+-\w*b\w*\s+\S+\s+\S+)(\s+)\S+
      | \b(IDENTIFIED\s+(?:WITH\s+\S+\s+)?BY)(\s+(?:PASSWORD\s+)?)(?:'[^']*'|"[^"]*"|\S+)
      | (?<![\w-])(pass|env|file)(:)(?<=(?:pass|ssin|sout)\spass:)\S+                       # openssl -passin pass:…
      | (?:(?<=^)|(?<=[\s"'>:]))(PASS)(\s+)(?=\S{4})(?!(?:and|or|all|with|rate|tests?|ed)\b)\S+
      | (?:(?<=^)|(?<=[\s"'>:]))(AUTH)(\s+)(?=\S{6})(?!(?:LOGIN|PLAIN|CRAM|XOAUTH|NTLM|GSSAPI|[A-Z_]+\b))\S+
    """,
    re.VERBOSE | re.MULTILINE,
)
_FOR_SOMETHING: Final = re.compile(
    r"""(\bpass(?:word|wd|phrase|code)?\s+(?:for|of|to)\s+(?:(?:the|user|account|database|db|host|server)\s+){0,2}
        [\w@.\\/'"-]{1,80})(\s*(?::|=)\s*|\s+(?:is|was)\s+
        (?!(?:an?|the|not|no|too|never|expired|required|invalid|wrong|missing|changed|reset|empty|weak|set|revoked|created
            |rotated|used|valid|deleted|read|found|by|for|from|in|on|being|guessed|known|stored)\b))\S+""",
    re.VERBOSE | re.IGNORECASE,
)
_CODE: Final = re.compile(
    r"""((?<!error\s)(?<!status\s)(?<!exit\s)(?<!zip\s)(?<!postal\s)(?<!area\s)(?<!response\s)\b
        (?:codes?|otp|totp|pin|passcode)(?:\s+(?:is|was|for\s+\S+(?:\s+is)?)|\s*[:=\#])?\s+)
        (?:[A-Z]{1,3}-)?(?:\d{3}[-\s]\d{3,5}|\d{4,8})(?![\w.])
      | (?<![\w.])(?:[A-Z]{1,3}-)?(?:\d{3}[-\s]\d{3,5}|\d{4,8})(?=\s+is\s+(?:your|the|my|our)\b[^.\r\n]{0,60}
        \b(?:code|otp|pin|passcode|password)\b)
      | (?<![\w.])(?:[A-Z]{1,3}-)?\d{3}[-\s]?\d{3,5}(?=\s+to\s+(?:sign|log|verify|confirm|authenticate)\b)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_HASHES: Final = re.compile(
    r"""(?<![0-9a-f])[0-9a-f]{32}:[0-9a-f]{32}(?![0-9a-f])                                  # LM and NT hash
      | \S+::[\w.-]*:[0-9a-f]{16}:[0-9a-f]{32}:[0-9a-f]{16,}                                # NetNTLM, version 2
      | \S+::[\w.-]*:[0-9a-f]{48}:[0-9a-f]{48}:[0-9a-f]{16}                                 # NetNTLM, version 1
      | \$krb5\w+\$\S+ | \$DCC2\$\S+ | \$NT\$[0-9a-f]{32}
      | \b(?:net-?)?(?:ntlm|nt|lm)(?:v?[12])?[\s_-]*hash(?:es)?\W{0,3}(?:is\s+|was\s+)?[0-9a-f]{32}\b
    """,
    re.VERBOSE | re.IGNORECASE,
)
_SEED_WORDS: Final = r"(?:[a-z]{3,8}[\s,]{1,3}){11,23}[a-z]{3,8}"
_SEED: Final = re.compile(
    rf"""\b((?:seed|recovery|mnemonic|backup|wallet|secret)[\s_-]+(?:phrase|words?|seed)|mnemonic)(\W{{1,4}}(?:is\W+)?)
        {_SEED_WORDS}""",
    re.VERBOSE | re.IGNORECASE,
)
# words of seed phrases are none of those that a sentence of this length cannot do without
_BARE_SEED: Final = re.compile(
    r"""(?<![\w'-])(?:(?!(?:the|and|for|was|were|with|from|has|had|not|are|its|then|they|but|into|who|which|been)\b)
        [a-z]{3,8}\x20){11,23}(?!(?:the|and|for|was|with|from)\b)[a-z]{3,8}(?![\w'-])""",
    re.VERBOSE,
)
_CARD: Final = re.compile(r"(?<![\w.-])\d(?:[ -]?\d){13,18}(?![\w-]|\.\d)")
_CARD_BEGINS: Final = re.compile(r"4|5[1-5]|2[2-7]|3[47]|6(?:011|2|4[4-9]|5)|35|3[068]")
_IBAN: Final = re.compile(r"\b[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{4}){2,7}(?:[ ]?[A-Z0-9]{1,3})?\b")
_ACCOUNT: Final = re.compile(
    r"""\b((?:bank\s+)?(?:account|routing|sort|iban|card|social\s+security|tax)\s*(?:number|no\.?|nr\.?|code|\#)
        (?:\s+(?:is|was)|\s*[:=])?\s*)\d[\d -]{4,24}\d\b | \b(ssn\W{0,3}(?:is\s+)?)\d{3}-?\d{2}-?\d{4}\b
        | (?<![\d-])()\d{3}-\d{2}-\d{4}(?![\d-])""",
    re.VERBOSE | re.IGNORECASE,
)


def without_credentials(text: str, removed: str) -> str:
    """Replaces credentials and numbers of cards and accounts by ``removed``; what names them stays."""

    def keep_groups(found: re.Match[str]) -> str:
        return "".join(filter(None, found.groups())) + removed

    for pattern in (_AFTER_COMMAND, _FOR_SOMETHING, _CODE, _SEED, _ACCOUNT):
        text = pattern.sub(keep_groups, text)
    text = _BARE_SEED.sub(_unless(_is_seed, removed), _HASHES.sub(removed, text))
    text = _CARD.sub(_unless(_is_card, removed), text)
    return _IBAN.sub(_unless(_is_iban, removed), text)


def _unless(is_number: Callable[[str], bool], removed: str) -> Callable[[re.Match[str]], str]:
    return lambda found: removed if is_number(found[0]) else found[0]


def _is_seed(text: str) -> bool:
    """Whether nearly all words differ, as in a list of random words."""
    words = text.split()
    return len(set(words)) >= len(words) - 1


def _is_card(text: str) -> bool:
    """Whether digits begin like a payment card's and pass the Luhn check."""
    digits = [int(digit) for digit in text if digit.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return _CARD_BEGINS.match(text) is not None and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _is_iban(text: str) -> bool:
    """Whether a text passes the check of international bank account numbers (ISO 13616)."""
    plain = text.replace(" ", "")
    return 15 <= len(plain) <= 34 and int("".join(str(int(each, 36)) for each in plain[4:] + plain[:4])) % 97 == 1
