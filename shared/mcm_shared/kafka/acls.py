"""Access control lists of Kafka: what each service may do with the product's topics and groups, and nothing more."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Annotated, Any, Final

import structlog
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import SecurityDisabled, for_code
from aiokafka.protocol.admin import CreateAclsRequest
from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from mcm_shared.contracts.topics import Topics
from mcm_shared.errors import BrokerDownError, ConfigurationError
from mcm_shared.kafka.connection import answering, connection_options, end_within
from mcm_shared.settings import KafkaSettings

log = structlog.get_logger()

_TIMEOUT_S: Final = 15
_CLOSE_TIMEOUT_S: Final = 2
_PRINCIPAL: Final = re.compile(r"[A-Za-z]+:[^\s,]+")
_LITERAL: Final = 3
_ALLOW: Final = 3
_EVERY_HOST: Final = "*"


class Resource(IntEnum):
    """Kinds of resources, as the protocol numbers them."""

    TOPIC = 2
    GROUP = 3


class Operation(IntEnum):
    """Operations, as the protocol numbers them; reading and writing include DESCRIBE."""

    READ = 3
    WRITE = 4
    DESCRIBE = 8


@dataclass(frozen=True, slots=True)
class Rights:
    """What a service does with Kafka, by the names of topics without prefix and of consumer groups."""

    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    joins: tuple[str, ...] = ()
    describes: tuple[str, ...] = ()
    """Groups whose progress it shows."""


RIGHTS: Final[Mapping[str, Rights]] = {
    "rules-engine": Rights(reads=("raw",), writes=("dead", "findings"), joins=("rules-engine",)),
    "enricher": Rights(reads=("findings",), writes=("dead", "enriched"), joins=("enricher",)),
    "notifier": Rights(reads=("findings",), writes=("dead",), joins=("notifier",)),
    "ingestor": Rights(reads=("dead",), writes=("raw",), joins=("dead-letters-replay",)),
    "api": Rights(
        reads=("dead", "findings", "enriched", "triaged", "audit"),
        writes=("raw", "enriched", "triaged", "audit"),
        describes=("rules-engine", "enricher", "notifier"),
    ),
}
"""Rights by service; topics by their attribute of Topics. Every service also describes all topics."""

_TOPICS: Final = ("raw", "dead", "findings", "enriched", "triaged", "audit")


class AclSettings(BaseSettings):
    """Settings of the ACLs that mcm-topics creates."""

    model_config = SettingsConfigDict(extra="ignore")

    principals: Annotated[
        str,
        Field(
            validation_alias="MCM_KAFKA_PRINCIPALS",
            description="service=principal that gets the ACLs of the service, comma separated",
        ),
    ] = ""

    @field_validator("principals")
    @classmethod
    def _are_principals(cls, text: str) -> str:
        parse_principals(text)
        return text


def parse_principals(text: str) -> dict[str, str]:
    """Reads ``service=principal,…``; a principal without a type is a user. Raises ValueError."""
    principals: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        service, _, name = part.partition("=")
        if service not in RIGHTS:
            known = ", ".join(sorted(RIGHTS))
            raise ValueError(f"{service[:50]!r} is no service; write service=principal with {known}")
        principal = name if ":" in name else f"User:{name}"
        if not _PRINCIPAL.fullmatch(principal):
            raise ValueError(f"{name[:50]!r} is no principal for {service}; write {service}=User:name")
        principals[service] = principal
    return principals


def acls_of(topics: Topics, service: str) -> Iterator[tuple[Resource, str, Operation]]:
    """Lists the ACLs of a service."""
    rights = RIGHTS[service]
    for name in _TOPICS:
        # each service looks for all topics at its start
        yield Resource.TOPIC, getattr(topics, name), Operation.DESCRIBE
    for name in rights.reads:
        yield Resource.TOPIC, getattr(topics, name), Operation.READ
    for name in rights.writes:
        yield Resource.TOPIC, getattr(topics, name), Operation.WRITE
    for name in rights.joins:
        yield Resource.GROUP, topics.group(name), Operation.READ
    for name in rights.describes:
        yield Resource.GROUP, topics.group(name), Operation.DESCRIBE


async def create_acls(kafka: KafkaSettings, principals: Mapping[str, str]) -> None:
    """Creates the ACLs of services; those that exist stay.

    Raises BrokerDownError when Kafka does not answer, ConfigurationError when it refuses: it has no authorizer, or the
    login may not alter the cluster.
    """
    topics = Topics(kafka.topic_prefix)
    client = AIOKafkaAdminClient(**connection_options(kafka, "mcm-admin"), request_timeout_ms=_TIMEOUT_S * 1000)
    try:
        async with answering(kafka, _TIMEOUT_S):
            await client.start()
            for service, principal in principals.items():
                for resource, name, operation in acls_of(topics, service):
                    request = CreateAclsRequest(resource, name, _LITERAL, principal, _EVERY_HOST, operation, _ALLOW)
                    # the client library has the request, and no method for it
                    _check(await client._send_request(request), principal)  # noqa: SLF001
    finally:
        await end_within(client.close(), _CLOSE_TIMEOUT_S)
    log.info("ACLs ready", principals=", ".join(f"{service}={name}" for service, name in principals.items()))


def _check(response: Any, principal: str) -> None:
    for code, message in response.creation_responses:
        if not code:
            continue
        error = for_code(code)
        if error.retriable:
            raise BrokerDownError(f"Kafka cannot create the ACLs of {principal} yet: {message or error.__name__}")
        hint = "; give it an authorizer" if error is SecurityDisabled else ""
        raise ConfigurationError(
            f"Kafka refuses to create the ACLs of {principal} (MCM_KAFKA_PRINCIPALS): {message or error.__name__}{hint}"
        )
