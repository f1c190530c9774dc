"""What the API needs to let people listen."""

from dataclasses import dataclass

from mcm_api.live.hub import Hub
from mcm_shared.settings import KafkaSettings


@dataclass(frozen=True, slots=True)
class Following:
    """The hub, where it is fed from (None without Kafka), and how many may listen at once."""

    hub: Hub
    kafka: KafkaSettings | None
    most_listeners: int
