"""Secrets inside text: what looks like a credential is cut out, whoever wrote it there."""

import math
import re
from collections import Counter
from typing import Final

SECRET_REMOVED: Final = "(secret removed)"  # noqa: S105 (it stands where one was)

_SECRET_NAME: Final = re.compile(
    r"""pass(?:word|wd|phrase|code)?(?![a-z])|pwd|secret|authori[sz]ation|cookie|credential|bearer|signature|otp(?![a-z])
      | (?:api|access|private|account|shared|signing|encryption|master|client)[\W_]?key(?![\W_]?id)
      | (?:session|csrf|xsrf|auth|access|refresh|id|bearer|api)[\W_]?tokens?(?![\W_]?id)
      | (?:^|[\W_])tokens?$|(?:^|[\W_])sess(?:ion)?(?:[\W_]?id)?$
    """,
    re.IGNORECASE | re.VERBOSE,
)

# the text between the markers of a key, or all that follows where the end has been cut off
_KEY_BLOCK: Final = re.compile(
    r"-----BEGIN [A-Z0-9 ]*(?:PRIVATE KEY|CERTIFICATE)[^-]*-----.*?(?:-----END[^-]*-----|$)", re.DOTALL
)

# headers run to the end of their line, or of the quotation they stand in
_HEADER: Final = re.compile(
    r"""\b((?:proxy-)?authorization|(?:set-)?cookie2?|x-api-key|x-auth-token)(["']?\s*[:=]\s*["']?)[^\r\n"']+""",
    re.IGNORECASE,
)
_SCHEME: Final = re.compile(
    r"\b(bearer|basic|digest|negotiate|token)(\s+)(?=\S*[\d+/=_.-])[\w+/=.~-]{8,}", re.IGNORECASE
)
_LOGIN_IN_URL: Final = re.compile(r"(?<=://)[^\s/@:]*:[^\s/]+(?=@)")
_ASSIGNMENT: Final = re.compile(
    r"""((?:pass(?:word|wd|phrase|code)?|secret|credential|api[-_.]?key|access[-_.]?key|account[-_.]?key|shared[-_.]?key
        |private[-_.]?key|token|session(?:[-_.]?id)?|signature|\b(?:pwd|sid|sig|otp|pin)\b)
        (?![-_.]?id)[\w.-]{0,30})
        (["']?\s*(?:=>|[:=]|\bis\b)\s*)
        (?:"[^"]*"|'[^']*'|[^\s"'&;,)}\]]+)
    """,
    re.IGNORECASE | re.VERBOSE,
)

# tokens that say themselves what they are
_KNOWN: Final = re.compile(
    r"""(?<![A-Za-z0-9])(?:
        gh[pousr]_\w{16,} | github_pat_\w{20,} | gl[a-z]{2,5}-[\w-]{16,} | ATATT[\w=-]{20,}   # code hosts
      | (?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{12,}                                                  # AWS
      | xox[a-z]-[\w-]{8,} | xapp-[\w-]{8,}                                                   # Slack
      | (?:sk|pk|rk)[-_](?:live|test|proj|ant|or|svcacct|admin)?[-_]?[\w-]{16,}               # OpenAI, Stripe and more
      | AIza[\w-]{30,} | ya29\.[\w.-]{16,} | GOCSPX-[\w-]{16,}                                # Google
      | eyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*){0,3}                                              # JSON web tokens
      | npm_\w{20,} | pypi-[\w-]{16,} | dckr_pat_[\w-]{16,} | rubygems_\w{20,}                # registries
      | SG\.[\w-]{12,}\.[\w-]{12,} | (?:SK|AC)[0-9a-f]{32} | key-[0-9a-f]{32}                 # mail and telephone
      | hv[sb]\.[\w-]{20,} | dop_v1_\w{20,} | shp(?:at|ca|pa|ss)_\w{16,} | lin_api_\w{16,}
      | glsa_\w{16,} | hf_\w{20,} | sq0[a-z]{3}-[\w-]{16,} | EAAA[\w-]{20,} | whsec_\w{16,}
      | AGE-SECRET-KEY-\w+ | \d{8,10}:[\w-]{35}
    )""",
    re.VERBOSE,
)
_HOOK: Final = re.compile(
    r"hooks\.slack\.com/\S+|discord(?:app)?\.com/api/webhooks/\S+|webhook\.office\.com/\S+", re.IGNORECASE
)
_LONG: Final = re.compile(r"(?<![\w+/=-])[\w+/=-]{24,}")
_HEX: Final = re.compile(r"[0-9a-fA-F-]+")
_LEAST_ENTROPY: Final = 3.8


def is_secret_name(name: str) -> bool:
    """Says whether a field of this name holds a credential."""
    return _SECRET_NAME.search(name) is not None


def without_secrets(text: str) -> str:
    """Replaces what looks like a credential: known tokens, keys, headers, logins in URLs, assignments, random text."""
    text = _KEY_BLOCK.sub(SECRET_REMOVED, text)
    text = _HEADER.sub(rf"\1\2{SECRET_REMOVED}", text)
    text = _LOGIN_IN_URL.sub(SECRET_REMOVED, text)
    text = _HOOK.sub(SECRET_REMOVED, text)
    text = _KNOWN.sub(SECRET_REMOVED, text)
    text = _SCHEME.sub(rf"\1\2{SECRET_REMOVED}", text)
    text = _ASSIGNMENT.sub(rf"\1\2{SECRET_REMOVED}", text)
    return _LONG.sub(lambda found: SECRET_REMOVED if _looks_random(found[0]) else found[0], text)


def _looks_random(word: str) -> bool:
    # hashes and UUIDs name things, they open nothing
    if _HEX.fullmatch(word):
        return False
    kinds = (any(map(str.isdigit, word)), any(map(str.islower, word)), any(map(str.isupper, word)))
    return all(kinds) and _entropy(word) >= _LEAST_ENTROPY


def _entropy(word: str) -> float:
    """Measures Shannon's entropy of a word's characters, in bits a character."""
    counts = Counter(word).values()
    return -sum(count / len(word) * math.log2(count / len(word)) for count in counts)
