"""Credentials in running text: in sentences, one-time codes, dumps of hashes, and seed phrases."""

import re
from typing import Final

from mcm_enricher.model.removal import removed_where, without_value

# what a person made up or a program drew: letters and digits, and no word that explains one
_LOOKS: Final = r"""(?!(?:sha|md|aes|bcrypt|argon|oauth|base|utf|tls|mfa|2fa|v)[-_]?\d|arn:|https?:)
    (?=[^\s"',;/]*[A-Za-z])(?=[^\s"',;/]*\d)[^\s"',;:/]{6,}"""
_FOR_SOMETHING: Final = re.compile(
    r"""(\bpass(?:word|wd|phrase|code)?\s+(?:for|of|to)\s+(?:(?:the|user|account|database|db|host|server)\s+){0,2}
        [\w@.\\/'"-]{1,80})(\s*(?::|=)\s*|\s+(?:is|was)\s+
        (?!(?:an?|the|not|no|too|never|expired|required|invalid|wrong|missing|changed|reset|empty|weak|set|revoked|created
            |rotated|used|valid|deleted|read|found|by|for|from|in|on|being|guessed|known|stored)\b))\S+""",
    re.VERBOSE | re.IGNORECASE,
)
# "with the password X", "password changed from X", "password X", "password 7 X", "credentials mona/X"
_IN_SENTENCE: Final = re.compile(
    rf"""(\b(?:pass(?:[ _-]?(?:word|wd|phrase|code))|pwd|totp\s+secret|shared\s+secret|client\s+secret|secret\s+\d|
            (?:recovery|product|licen[cs]e|wifi|network)\s+key)
        (?:\s+(?:\d|to|from|as|with|was|is|be|new|old|changed|set|reset|updated|the|value|text|=|:)){{0,4}}
        \s+["']?)(){_LOOKS}
      | (\bpass(?:word|phrase|code)\s+)()(?:'[^'\r\n]+'|"[^"\r\n]+")
      | (\b(?:from|to)\s+["']?)(){_LOOKS}(?=["']?\s+(?:to|as)\s.{{0,30}}pass(?:word|phrase))
      | (\b(?:credentials?|log(?:ged)?[\s-]?in|sign(?:ed)?[\s-]?in)
            \s+(?:(?:are|is|as|with|using|by)\s+){{0,2}}[\w.@-]{{2,64}}
            (?:\s/\s|[:/]))(){_LOOKS}(?!\S)
      | (\b(?:recovery|backup|scratch|device|user|pairing|emergency)[\s_-]codes?
            (?:\s|\s?[:=]\s?["']?)(?:(?:is|are)\s+)?)()
            (?:{_LOOKS}|[A-Za-z0-9]{{4,8}}-[A-Za-z0-9]{{4,8}})(?:[,\s]+[A-Za-z0-9]{{4,8}}-?(?=\w*\d)[A-Za-z0-9]{{4,8}})*
    """,
    re.VERBOSE | re.IGNORECASE,
)
_CODE: Final = re.compile(
    r"""(\b(?:otp|totp|passcode|pin|mfa|2fa|tan|one[-_]?time[-_](?:code|password))["']?\s*[=:]\s*["']?)
        (?:[A-Z]{1,3}-)?(?:\d{3}[-\s]\d{3,5}|\d{4,8})(?!\w|\.\d)
      | (\b(?:sms|2fa|mfa|security|verification|login|access|token)\s+code\s*[(\[-]\s*)\d{4,8}\b
      | (\bcode\s+(?:2fa|mfa|sms|lautet|est|es|è)\W{1,3})\d{4,8}\b
      | (\b(?!(?:error|fout|fehler|status|exit|zip|post|area|response|result|return|country|bar|source)\w*code)
            [^\W\d]{4,}code\s+(?:is|ist|lautet|luidt|är|er|:)\W{1,3})\d{4,8}\b
      | (\b(?:enter|type|use|submit)\s+(?:(?:the\s+)?code\s+)?)
            (?:\d{3}[-\s]\d{3}|\d{6,8})(?=\s+(?:to|as|when|at|on|in)\b)
      | (\bauthenticator\s+(?:app\s+)?(?:shows|says|gave|displays)\s+)\d{3}\s?\d{3}\b
      | ((?<!error\s)(?<!status\s)(?<!exit\s)(?<!zip\s)(?<!postal\s)(?<!area\s)(?<!response\s)\b
        (?:codes?|otp|totp|pin|passcode)(?:\s+(?:is|was|for\s+\S+(?:\s+is)?)|\s*[:=\#])?\s+)
        (?:[A-Z]{1,3}-)?(?:\d{3}[-\s]\d{3,5}|\d{4,8})(?!\w|\.\d)
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
      | \b(?:ntlm|lm|rc4(?:_hmac\w*)?|des_cbc\w*|aes(?:128|256)(?:[-_]\w+)*|krbtgt)\s*[:=]\s*[0-9a-f]{16,64}\b
      | (?<![\w+/])doI[A-G][\w+/]{40,}={0,2}                                                 # Kerberos ticket
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
# numbered, one a line, joined by commas or dashes, in capitals
_LISTED_SEED: Final = re.compile(
    r"""(?<![\w'-])(?:
        1[.):]?\s*[A-Za-z]{3,8}(?:[\s,;.]{1,3}\d{1,2}[.):]?\s*[A-Za-z]{3,8}){11,23}
      | [A-Za-z]{3,8}(\s?[,;|]\s?|\r?\n|-|\s-\s)[A-Za-z]{3,8}(?:\1[A-Za-z]{3,8}){10,22}
      | [A-Z]{3,8}(?:\s[A-Z]{3,8}){11,23} | [A-Z][a-z]{2,7}(?:\s[A-Z][a-z]{2,7}){11,23}
      )(?![\w'-])""",
    re.VERBOSE,
)
_WORD: Final = re.compile(r"[A-Za-z]{3,8}")
_SEED_LENGTHS: Final = frozenset({12, 15, 18, 21, 24})
_STOP_WORDS: Final = frozenset(
    (
        *("the", "and", "for", "was", "were", "with", "from", "has", "had", "not", "are", "its", "then", "they"),
        *("but", "into", "who", "which", "been", "read", "write", "list", "get", "put"),
    )
)


def without_credentials(text: str, removed: str) -> str:
    """Replaces credentials in sentences and dumps by ``removed``; what names them stays."""
    for pattern in (_FOR_SOMETHING, _IN_SENTENCE, _CODE, _SEED):
        text = pattern.sub(lambda found: without_value(found, removed), text)
    text = _BARE_SEED.sub(removed_where(_is_seed, removed), _HASHES.sub(removed, text))
    return _LISTED_SEED.sub(removed_where(_is_listed_seed, removed), text)


def _is_seed(text: str) -> bool:
    """Whether nearly all words differ, as in a list of random words."""
    words = text.split()
    return len(set(words)) >= len(words) - 1


def _is_listed_seed(text: str) -> bool:
    """Whether a list has as many words as seed phrases have, all different and none that a sentence needs."""
    words = [word.lower() for word in _WORD.findall(text)]
    return len(words) in _SEED_LENGTHS and len(set(words)) == len(words) and not _STOP_WORDS.intersection(words)
