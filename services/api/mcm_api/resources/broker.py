"""The Kafka cluster the API is connected to, or its absence."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends

from mcm_api.http.problems import ProblemError
from mcm_api.http.state import provided
from mcm_api.resources.consumer_groups import ConsumerGroups
from mcm_shared.kafka.producer import Producer
from mcm_shared.settings import KafkaSettings


@dataclass(frozen=True, slots=True)
class Cluster:
    """A configured cluster: its settings, the producer of this process, and the services' consumer groups."""

    settings: KafkaSettings
    producer: Producer
    groups: ConsumerGroups


@dataclass(frozen=True, slots=True)
class Broker:
    """The cluster; None where no Kafka is configured."""

    cluster: Cluster | None

    @property
    def groups(self) -> ConsumerGroups | None:
        """The consumer groups of the cluster; None where no Kafka is configured."""
        return None if self.cluster is None else self.cluster.groups

    def require(self) -> Cluster:
        """Returns the cluster; raises ProblemError 503 where no Kafka is configured."""
        if self.cluster is None:
            raise ProblemError(503, "Kafka is not configured: set KAFKA_BOOTSTRAP_SERVERS and restart the API.")
        return self.cluster


BrokerDep = Annotated[Broker, Depends(provided(Broker))]
"""Gives a route the Kafka cluster."""
