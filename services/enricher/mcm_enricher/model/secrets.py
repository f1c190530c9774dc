"""Secret redaction: removes what looks like a credential from a text."""

import re
from functools import lru_cache
from typing import Final

from mcm_enricher.model.account_numbers import without_account_numbers
from mcm_enricher.model.command_lines import without_command_secrets
from mcm_enricher.model.credentials import without_credentials
from mcm_enricher.model.removal import without_new_value
from mcm_enricher.model.tokens import TOKEN, WEBHOOK

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
_VERBS: Final = frozenset({"is", "was", "are"})
_NO_SECRET: Final = frozenset({"true", "false", "yes", "no", "null", "none", "", "0", "1"})
# elsewhere a key may be an object's name, unless it looks like one that opens something
_KEY_NAME: Final = re.compile(r"(?<!public)_key$")
_KEY_VALUE: Final = re.compile(r"(?=\D*\d)(?=[^A-Za-z]*[A-Za-z])[\w+=-]{16,}")

# the text between the markers of a key, or all that follows where the end has been cut off
_KEY_BLOCK: Final = re.compile(
    r"-----BEGIN [A-Z0-9 ]*(?:PRIVATE KEY|CERTIFICATE)[^-]*-----.*?(?:-----END[^-]*-----|$)", re.DOTALL
)

# headers run to the end of their line, or of the quotation they stand in
_HEADER_NAME: Final = (
    r"\b((?:proxy-)?authorization|(?:set-)?cookie2?|(?:x|private|job|deploy)-(?:[a-z]+-){0,3}(?:token|key|secret)"
    r"|(?:[a-z]+-){1,4}(?:api|application|subscription|functions|access|auth|secret)-?key|apikey)"
)
_QUOTED_HEADER: Final = re.compile(rf"""(?<=["']){_HEADER_NAME}(["']?\s*[:=,]\s*["']?)[^\r\n"']+""", re.IGNORECASE)
_HEADER: Final = re.compile(rf"{_HEADER_NAME}(\s*[:=]\s*)[^\r\n]+", re.IGNORECASE)
_SCHEME: Final = re.compile(
    r"""\b(bearer|basic|digest|negotiate|ssws|token(?=\s+\S{20}))(\s+)
        (?=\S*[\d+/=_.-]|\S{16})[\w+/=.~-]{8,}""",
    re.IGNORECASE | re.VERBOSE,
)
_LOGIN_IN_URL: Final = re.compile(r"(?<=://)[^\s/:]*:[^\s/]+(?=@)|(?<=://)[^\s/@:]{8,}(?=@)")
_NAMED: Final = r"""(?<!by)(?<!com)(?<!tres)pass(?:[ _-]?(?:word|wd|phrase|code)|wort)?
    (?!port|eng|iv|ed|es|ing|age|thro)
    |(?<!\d:)secret(?!s?manager)|credential|token|session(?:[-_.]?id)?|signature
    |(?:api|access|account|shared|private|app|application|auth|functions?|subscription|routing|integration|master|server
        |encryption|signing|recovery|product|license|storage|pre-?shared|wifi)[-_.\s]?key
    |contrase[nñ]a|clave|senha|palavra-passe|mot\sde\spasse|kennwort|wachtwoord|parola(?:\sd'ordine)?|has[lł]o|heslo|jelsz[oó]
    |[sşș]ifre|l[oö]senord|passord|adgangskode|salasana|lozinka|kata\ssandi|m[aậ]t\skh[aẩ]u|пароль|κωδικός|סיסמה|كلمة\s(?:المرور|السر)
    |密码|密碼|口令|パスワード|暗証番号|비밀번호|암호|รหัสผ่าน|पासवर्ड"""
_ASSIGNMENT: Final = re.compile(
    rf"""((?:{_NAMED}|(?<![a-z])(?:pwd(?!\s*[=:]\s*/)|psk|(?-i:sid|SID)|sig|otp|pin|_auth)\b)(?![-_.]?id)[\w.-]{{0,30}}?)
        (["']?\s*(?:=>|->|:=|[:=>])\s*
            |\s+(?:is|es|lautet|est|è)\s*:\s*
            |\s+(?:is|was|are|es|ist|lautet|est|jest|är|era)\s(?!(?:an?|the|not|no|too|expired|required|invalid|wrong|incorrect
                |missing|changed|reset|empty|weak|set|revoked|created|rotated|used|valid|deleted|read|found|by|for|from|in
                |on)\b)
            |\s*(?:は|是|을|는)\s*
            |["',\s]{{1,4}}["']?value["']?\s*[:=]\s*
            |\s(?=[\w-]*\d)(?=\S{{16}}))
        (?!\d{{1,3}}(?!\w))(?:"[^"]*"|'[^']*'|[^\s"'&;,)}}\]<]+)
    """,
    re.IGNORECASE | re.VERBOSE,
)
# a name that ends in key, where the value looks like one that opens something
_NAMED_KEY: Final = re.compile(
    r"""((?<![\w-])(?!(?:public|partition|sort|primary|foreign|cache|host|idempotency|object|registry|s3|hot|dedup\w*|row
            |natural|group|shard|index|message|kafka)[-_.]?key)[a-z][\w.-]{0,40}[-_]key)
        (["']?\s*[:=\s]\s*["']?)(?=[\w+/=-]*\d)(?=[\w+/=-]*[a-z])[\w+/=-]{16,}""",
    re.IGNORECASE | re.VERBOSE,
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
    text = WEBHOOK.sub(SECRET_REMOVED, text)
    text = TOKEN.sub(SECRET_REMOVED, text)
    text = _SCHEME.sub(rf"\1\2{SECRET_REMOVED}", text)
    text = without_command_secrets(text, SECRET_REMOVED)
    text = without_credentials(text, SECRET_REMOVED)
    text = _NAMED_KEY.sub(_unless_removed, text)
    text = _ASSIGNMENT.sub(_unless_plain, text)
    text = without_account_numbers(text, SECRET_REMOVED)
    return _LONG.sub(lambda found: SECRET_REMOVED if _looks_random(found[0]) else found[0], text)


def _unless_removed(found: re.Match[str]) -> str:
    return without_new_value(found, SECRET_REMOVED)


def _unless_plain(found: re.Match[str]) -> str:
    """Leaves what no credential is: flags, counts of tokens, and sentences on what became of a token."""
    value = found[0][len(found[1]) + len(found[2]) :].strip("\"'")
    name, verb = found[1].lower(), found[2].strip().lower()
    is_count = value.isdecimal() and "token" in name
    is_sentence = verb in _VERBS and value.isalpha() and "pass" not in name and value.islower()
    return found[0] if value.lower() in _NO_SECRET or is_count or is_sentence else _unless_removed(found)


def _as_words(name: str) -> str:
    return _WORD_BEGINS.sub("_", name).lower()


def _looks_random(word: str) -> bool:
    """Returns whether small letters, capitals and digits take turns as they do in no name, a hash or UUID aside."""
    rest = _ID.sub("", word)
    return any(map(str.isdigit, rest)) and len(_CHANGE.findall(rest)) >= _MIN_CHANGES * len(rest)
