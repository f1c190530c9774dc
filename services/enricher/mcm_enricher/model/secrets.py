"""Secret redaction: removes what looks like a credential from a text."""

import re
from functools import lru_cache
from typing import Final

from mcm_enricher.model.credentials import without_credentials

SECRET_REMOVED: Final = "(secret removed)"  # noqa: S105 (it stands where one was)

# names are read as words: masterUserPassword is master_user_password
_WORD_BEGINS: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[\W_]+")
_SECRET_NAME: Final = re.compile(
    r"""pass(?:word|wd|phrase|code|key) | pwd | secret | credential | authori[sz]ation | cookie | bearer | signature
      | (?:^|_)(?:pass|otp|totp|pin|jwt|sas|cvv|psk)(?:_|$) | (?:^|_)sess(?:ion)?(?:_?id)?$
      | (?:mfa|2fa|verification|recovery|backup|security|reset|one_?time|log_?in)_(?:code|link|url)s?$
      | (?:^|_|auth|access|refresh|session|csrf|xsrf|api)token(?:s|_value|_hash)?$
      | (?:api|access|private|account|shared|signing|encryption|master|client|license|ssh)_?keys?$
    """,
    re.VERBOSE,
)
# what says something of a secret and is none
_ABOUT_A_SECRET: Final = re.compile(
    r"""(?<!sess)(?<!session)_(?:ids?|arn|names?|type|kind|policy|version|count|length|age|status|enabled|required
        |expir(?:y|es|es_at|ation)|last_(?:used|changed)|(?:created|changed|rotated)(?:_at)?)$""",
    re.VERBOSE,
)
_NO_SECRET: Final = frozenset({"true", "false", "yes", "no", "null", "none", "", "0", "1"})
# elsewhere a key may be an object's name, unless it looks like one that opens something
_KEY_NAME: Final = re.compile(r"(?<!public)_key$")
_KEY_VALUE: Final = re.compile(r"(?=\D*\d)(?=[^A-Za-z]*[A-Za-z])[\w+=-]{16,}")

# the text between the markers of a key, or all that follows where the end has been cut off
_KEY_BLOCK: Final = re.compile(
    r"-----BEGIN [A-Z0-9 ]*(?:PRIVATE KEY|CERTIFICATE)[^-]*-----.*?(?:-----END[^-]*-----|$)", re.DOTALL
)

# headers run to the end of their line, or of the quotation they stand in
_HEADER_NAME: Final = r"\b((?:proxy-)?authorization|(?:set-)?cookie2?|x-api-key|x-auth-token)"
_QUOTED_HEADER: Final = re.compile(rf"""(?<=["']){_HEADER_NAME}(["']?\s*[:=,]\s*["']?)[^\r\n"']+""", re.IGNORECASE)
_HEADER: Final = re.compile(rf"{_HEADER_NAME}(\s*[:=]\s*)[^\r\n]+", re.IGNORECASE)
_SCHEME: Final = re.compile(
    r"""\b(bearer|basic|digest|negotiate|ssws|token(?=\s+\S{20}))(\s+)
        (?=\S*[\d+/=_.-]|\S{16})[\w+/=.~-]{8,}""",
    re.IGNORECASE | re.VERBOSE,
)
_LOGIN_IN_URL: Final = re.compile(r"(?<=://)[^\s/@:]*:[^\s/]+(?=@)|(?<=://)[^\s/@:]{8,}(?=@)")
_OPTION: Final = re.compile(
    r"""(?<!\S)(-u|--(?:proxy-)?user)([\s=]+["']?[^\s:"']+:)[^\s"']+
      | (?<!\S)(--(?:[a-z]+-)?(?:password|pass|passwd|token|secret|key))([\s=]+["']?)[^\s"']+
      | \b((?:mysql|mariadb)\w*[^\r\n]{0,80}?\s|sshpass\s+)(-p\s?)\S+
      | \b(ldap\w{3,12}[^\r\n]{0,120}?\s)(-w\s+)\S+
    """,
    re.VERBOSE,
)
_NAMED: Final = r"""pass(?:word|wd|phrase|code|wort)?|secret|credential|(?:api|access|account|shared|private)[-_.\s]?key
    |token|session(?:[-_.]?id)?|signature|contrase[nñ]a|senha|mot\sde\spasse|kennwort|wachtwoord|пароль|密码|パスワード"""
_ASSIGNMENT: Final = re.compile(
    rf"""((?:{_NAMED}|\b(?:pwd|sid|sig|otp|pin|_auth)\b)(?![-_.]?id)[\w.-]{{0,30}})
        (["']?\s*(?:=>|->|:=|[:=>])\s*
            |\s(?:is|was|are)\s(?!(?:an?|the|not|no|too|expired|required|invalid|wrong|incorrect|missing|changed|reset
                |empty|weak|set|revoked|created|rotated|used|valid|deleted|read|found|by|for|from|in|on)\b)
            |["',\s]{{1,4}}["']?value["']?\s*[:=]\s*
            |\s(?=[\w-]*\d)(?=\S{{16}}))
        (?!\d{{1,3}}(?!\w))(?:"[^"]*"|'[^']*'|[^\s"'&;,)}}\]<]+)
    """,
    re.IGNORECASE | re.VERBOSE,
)
_CODE: Final = re.compile(
    r"""\b((?:verification|security|one[-\s]?time|log-?in|recovery|backup|mfa|2fa|confirmation|authentication)[-_\s]?
        (?:code|pin)s?(?:\s+(?:is|was|are)|\s*[:=])?\s+)\d{4,8}\b""",
    re.IGNORECASE | re.VERBOSE,
)

# tokens that say themselves what they are
_KNOWN: Final = re.compile(
    r"""(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{12,}                                                  # AWS
      | \$(?:2[abxy]?|[567]|g?y|argon2\w{1,2}|scrypt|pbkdf2[\w-]*)\$[^\s:;,"']+               # hashes of passwords
      | (?<![A-Za-z0-9])(?:
        mcm_[0-9a-f]{12}_[\w-]{16,}                                                         # API tokens of ours
      | gh[pousr]_\w{16,} | github_pat_\w{20,} | gl[a-z]{2,5}-[\w-]{16,} | ATATT[\w=-]{20,}   # code hosts
      | xox[a-z]-[\w-]{8,} | xapp-[\w-]{8,}                                                   # Slack
      | (?:sk|pk|rk)[-_](?:live|test|proj|ant|or|svcacct|admin)?[-_]?[\w-]{16,}               # OpenAI, Stripe and more
      | AIza[\w-]{30,} | ya29\.[\w.-]{16,} | GOCSPX-[\w-]{16,}                                # Google
      | eyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*){0,3}                                              # JSON web tokens
      | npm_\w{20,} | pypi-[\w-]{16,} | dckr_pat_[\w-]{16,} | rubygems_\w{20,}                # registries
      | SG\.[\w-]{12,}\.[\w-]{12,} | (?:SK|AC)[0-9a-f]{32} | key-[0-9a-f]{32}                 # mail and telephone
      | hv[sb]\.[\w-]{20,} | \w{10,20}\.atlasv1\.[\w-]{20,} | dop_v1_\w{20,}                  # infrastructure
      | dapi[0-9a-f]{32} | NRAK-\w{20,} | sbp_[0-9a-f]{20,} | v1\.0-[0-9a-f]{20,}-[0-9a-f]{40,}
      | PMAK-[\w-]{20,} | glsa_\w{16,} | glc_[\w=]{16,} | pscale_\w{3,5}_[\w-]{16,}
      | shp(?:at|ca|pa|ss)_\w{16,} | lin_api_\w{16,} | hf_\w{20,} | sq0[a-z]{3}-[\w-]{16,} | EAAA[\w-]{20,}
      | whsec_\w{16,} | AGE-SECRET-KEY-\w+ | \d{8,10}:[\w-]{35}
      | [\w-]{23,28}\.[\w-]{6}\.[\w-]{27,}                                                    # Discord
      | (?:nfp|nfc|nfo|nfu|nfb)_\w{20,} | fo1_[\w-]{20,} | tskey-[\w-]{10,} | sntry[su]_[\w=+/-]{16,}
      | lsv2_\w\w_\w{16,} | gsk_\w{20,} | r8_\w{20,} | nvapi-[\w-]{16,} | pplx-\w{16,} | figd_[\w-]{16,}
      | (?:ntn|secret|rnd|cfut|cfat|sgp|bkua|ops|doo_v1|dor_v1|pat|phc|phx|re|flb|waka|tfp|rpa|xai|csk|fw|hvp|key|api)
            _(?=\w*\d)\w{20,}
      | ccipat_\w{16,} | CFPAT-[\w-]{20,} | ATCTT[\w=-]{16,} | ATBB\w{16,} | BBDC-[\w-]{16,} | rzp_(?:live|test)_\w{12,}
      | xkeysib-[\w-]{20,} | xsmtpsib-[\w-]{20,} | mlsn\.\w{16,} | dt0[cs]\d\d\.[\w.]{16,} | NR(?:II|JS|AL)-\w{16,}
      | HRKU-[\w-]{16,} | pul-[0-9a-f]{20,} | EAA[A-Z]\w{16,} | IGQ\w{20,} | 1//0[\w-]{20,} | 4/0[\w-]{20,}
      | AKC[a-zA-Z0-9]{12,} | cmVmdGtu\w{16,} | LTAI\w{12,} | AKID\w{12,} | oy2[a-z0-9]{40,} | CLOJARS_\w{16,}
      | EZ[AT]K\w{16,} | sb_secret_\w{16,} | AQ\.\w{16,} | shippo_\w{16,} | [sb]\.[A-Za-z0-9]{24}(?!\w) | ghu_\w{16,}
      # any other vendor's: a short word, a dash or underscore, and a long run of letters and digits
      | (?!(?:sha|md|crc|commit|req|evt|event|trace|span|build|image|digest)\w{0,5}[-_])
            [A-Za-z][A-Za-z0-9]{1,9}(?:[-_][a-z0-9]{1,8}){0,2}[-_](?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]{32,}
      )""",
    re.VERBOSE,
)
_HOOK: Final = re.compile(
    r"hooks\.slack\.com/\S+|discord(?:app)?\.com/api/webhooks/\S+|webhook\.office\.com/\S+", re.IGNORECASE
)
_LONG: Final = re.compile(r"(?<![\w+/=-])[\w+/=-]{22,}")
# hashes, UUIDs and such name things, they open nothing
_ID: Final = re.compile(r"[0-9a-f]{4,}(?:-[0-9a-f]{4,})+|[0-9a-f]{8,}", re.IGNORECASE)
_CHANGE: Final = re.compile(r"[a-z](?=[A-Z0-9])|[A-Z](?=[0-9])|[0-9](?=[A-Za-z])")
_MIN_CHANGES: Final = 0.25


@lru_cache(maxsize=4096)
def is_secret_name(name: str) -> bool:
    """Returns whether a field of this name holds a credential."""
    words = _as_words(name)
    return _SECRET_NAME.search(words) is not None and _ABOUT_A_SECRET.search(words) is None


def is_secret_field(name: str, value: str) -> bool:
    """Returns whether a field holds a credential, by its name, and by its value where the name leaves it open."""
    if is_secret_name(name):
        return value.strip().lower() not in _NO_SECRET
    return _KEY_VALUE.fullmatch(value) is not None and _KEY_NAME.search(_as_words(name)) is not None


def without_secrets(text: str) -> str:
    """Replaces what looks like a credential: known tokens, keys, headers, logins, options, assignments, random text."""
    text = _KEY_BLOCK.sub(SECRET_REMOVED, text)
    text = _QUOTED_HEADER.sub(rf"\1\2{SECRET_REMOVED}", text)
    text = _HEADER.sub(_unless_removed, text)
    text = _LOGIN_IN_URL.sub(SECRET_REMOVED, text)
    text = _HOOK.sub(SECRET_REMOVED, text)
    text = _KNOWN.sub(SECRET_REMOVED, text)
    text = _SCHEME.sub(rf"\1\2{SECRET_REMOVED}", text)
    text = _OPTION.sub(lambda found: "".join(filter(None, found.groups())) + SECRET_REMOVED, text)
    text = _CODE.sub(rf"\1{SECRET_REMOVED}", text)
    text = _ASSIGNMENT.sub(_unless_removed, text)
    text = without_credentials(text, SECRET_REMOVED)
    return _LONG.sub(lambda found: SECRET_REMOVED if _looks_random(found[0]) else found[0], text)


def _unless_removed(found: re.Match[str]) -> str:
    # one that was cut out before is not cut out again, with what follows it
    rest = found[0][len(found[1]) + len(found[2]) :]
    return found[0] if rest.startswith(SECRET_REMOVED.split()[0]) else found[1] + found[2] + SECRET_REMOVED


def _as_words(name: str) -> str:
    return _WORD_BEGINS.sub("_", name).lower()


def _looks_random(word: str) -> bool:
    """Returns whether small letters, capitals and digits take turns as they do in no name, a hash or UUID aside."""
    rest = _ID.sub("", word)
    return any(map(str.isdigit, rest)) and len(_CHANGE.findall(rest)) >= _MIN_CHANGES * len(rest)
