"""Configuration of the live stream."""

from dataclasses import dataclass

from mcm_api.live.broadcaster import Broadcaster
from mcm_shared.settings import KafkaSettings


@dataclass(frozen=True, slots=True)
class StreamConfig:
    """The broadcaster, the cluster it reads from (None without Kafka), and the maximum number of subscribers."""

    broadcaster: Broadcaster
    kafka: KafkaSettings | None
    max_subscribers: int
