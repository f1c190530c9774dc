"""What the API needs to let people listen, and to look at Kafka for them."""

from dataclasses import dataclass

from mcm_api.http.problems import ProblemError
from mcm_api.live.broadcaster import Broadcaster
from mcm_shared.settings import KafkaSettings


@dataclass(frozen=True, slots=True)
class StreamConfig:
    """The hub, where it is fed from (None without Kafka), and how many may listen at once."""

    broadcaster: Broadcaster
    kafka: KafkaSettings | None
    most_listeners: int

    def require_kafka(self) -> KafkaSettings:
        """Gives the cluster; raises ProblemError 503 where none is configured."""
        if self.kafka is None:
            raise ProblemError(503, "There is no Kafka configured: set KAFKA_BOOTSTRAP_SERVERS and restart.")
        return self.kafka
