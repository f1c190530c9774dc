"""Which sources an identity may push."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from mcm_api.access.limits import RateLimiter
from mcm_api.http.problems import ProblemError
from mcm_api.identity.identity import LOCAL, Identity


@dataclass(frozen=True, slots=True)
class PushAllowance:
    """The sources that an identity may push, and how many new ones."""

    identity: Identity
    limiter: RateLimiter

    def require(self, sources: AbstractSet[str]) -> None:
        """Raises ProblemError: 403 for sources that the identity may not push, 429 for too many new ones."""
        refused = sorted(source for source in sources if not self.identity.may_push(source))
        if refused:
            raise ProblemError(
                403,
                f"Nothing was accepted: your access may not push {', '.join(name[:100] for name in refused[:5])}.",
            )
        if self.identity is not LOCAL:
            self.limiter.count_sources(self.identity.key, sources)
