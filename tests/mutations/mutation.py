"""A mutation: what to change in the code, and the test that must fail."""

from dataclasses import dataclass
from typing import Final

ENGINE: Final = "services/rules-engine/mcm_rules_engine"
ENGINE_TESTS: Final = "services/rules-engine/tests"
SHARED: Final = "shared/mcm_shared"
SHARED_TESTS: Final = "shared/tests"


@dataclass(frozen=True, slots=True)
class Mutation:
    """A mutation: ``changes`` to the text of ``path`` that remove one safeguard, and the test that must fail."""

    name: str
    path: str
    changes: tuple[tuple[str, str], ...]
    test: str

    def apply(self, text: str) -> str:
        """Returns the text without the safeguard; raises ValueError when it no longer holds the code to change."""
        for old, new in self.changes:
            if text.count(old) != 1:
                raise ValueError(f"{self.path} has not exactly one {old!r}: update the mutation {self.name!r}")
            text = text.replace(old, new)
        return text
