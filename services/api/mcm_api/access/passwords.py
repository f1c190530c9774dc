"""Passwords: argon2id hashes, and a policy of length and strength instead of composition rules."""

import asyncio
import re
import unicodedata
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from operator import itemgetter
from typing import Final, TypeVar

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from zxcvbn import zxcvbn

from mcm_api.http.problems import ProblemItem, invalid

MIN_LENGTH: Final = 12
MAX_LENGTH: Final = 256

_MIN_SCORE: Final = 3
# what is estimated beyond this length adds time and no information
_ESTIMATED: Final = 72
_CONCURRENT: Final = 2
_JOINTS: Final = re.compile(r"[\W_]+")
_CONTEXT: Final = ("mini", "compliance", "monitor", "mcm", "mini compliance monitor", "minicompliancemonitor")

# argon2id takes 64 MiB each: many logins at once must not take all memory
_POOL: Final = ThreadPoolExecutor(_CONCURRENT, "passwords")

ResultT = TypeVar("ResultT")


@cache
def _hasher() -> PasswordHash:
    return PasswordHash((Argon2Hasher(),))


@cache
def _unknown_user_hash() -> str:
    return _hasher().hash("no user has this password")


async def hash_password(password: str) -> str:
    """Hashes a password with argon2id and a random salt."""
    return await _in_pool(partial(_hasher().hash, password))


async def verify_password(password: str, stored: str | None) -> tuple[bool, str | None]:
    """Verifies a password; the second value is a new hash where the parameters of the stored one are outdated.

    Without a stored hash it takes as long as with one, so that the time says nothing about which users exist.
    """
    if stored is None:
        await _in_pool(lambda: _verify(password, _unknown_user_hash()))
        return False, None
    return await _in_pool(partial(_verify, password, stored))


async def _in_pool(work: Callable[[], ResultT]) -> ResultT:
    return await asyncio.get_running_loop().run_in_executor(_POOL, work)


def _verify(password: str, stored: str) -> tuple[bool, str | None]:
    return _hasher().verify_and_update(password, stored)


def check_password(password: str, context: Sequence[str] = ()) -> str | None:
    """Checks a new password against the policy; returns what is wrong with it, or None.

    ``context`` is what an attacker would try first, such as the user's e-mail address.
    """
    if len(password) < MIN_LENGTH:
        return f"must have at least {MIN_LENGTH} characters; a sentence of several words is easy to remember"
    if len(password) > MAX_LENGTH:
        return f"must have at most {MAX_LENGTH} characters"
    if "\x00" in password:
        return "holds a NUL character"
    words = [part for text in (*context, *_CONTEXT) for part in (text, *text.replace("@", ".").split("."))]
    # other forms of the same letters, and what joins the words, make a password no harder to guess
    plain = unicodedata.normalize("NFKC", password)[:_ESTIMATED]
    spellings = {plain, _JOINTS.sub("", plain) or plain}
    inputs = [word for word in words if len(word) > 2]
    estimate = min((zxcvbn(each, user_inputs=inputs) for each in spellings), key=itemgetter("score"))
    if estimate["score"] >= _MIN_SCORE:
        return None
    hint = " ".join([estimate["feedback"]["warning"], *estimate["feedback"]["suggestions"][:1]]).strip().rstrip(".")
    return f"is easy to guess: {hint}" if hint else "is easy to guess; add another word or two"


async def require_password(password: str, context: Sequence[str] = (), parameter: str = "password") -> None:
    """Raises ProblemError 422 for a new password that the policy refuses."""
    reason = await _in_pool(partial(check_password, password, context))
    if reason is not None:
        raise invalid(f"The password {reason}.", [ProblemItem(parameter=parameter, reason=reason)])
