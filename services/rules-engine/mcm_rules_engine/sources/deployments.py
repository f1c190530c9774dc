"""Environment of a deployment: read out of the names that tools give to stages, stacks and clusters."""

import re
from typing import Final

_WORD: Final = re.compile(r"[a-z0-9]+")
_ENVIRONMENTS: Final = {
    "production": "production",
    "prod": "production",
    "prd": "production",
    "live": "production",
    "staging": "staging",
    "stage": "staging",
    "stg": "staging",
    "preprod": "preprod",
    "preproduction": "preprod",
    "nonprod": "development",
    "development": "development",
    "dev": "development",
    "test": "test",
    "testing": "test",
    "qa": "test",
    "sandbox": "sandbox",
}
_BEFORE_PRODUCTION: Final = {"pre": "preprod", "non": "development"}


def environment_in(*names: str | None) -> str | None:
    """Returns the environment that the first telling name holds as a word (``payments-prod``), else the first name."""
    for name in names:
        words = _WORD.findall((name or "").lower())
        for before, word in zip(["", *words], words, strict=False):
            environment = _ENVIRONMENTS.get(word)
            if environment == "production" and before in _BEFORE_PRODUCTION:
                return _BEFORE_PRODUCTION[before]
            if environment is not None:
                return environment
    return next((name for name in names if name), None)
