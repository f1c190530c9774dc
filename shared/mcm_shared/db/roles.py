"""Database roles: one login for each service, with the least privileges that its work needs."""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Final

import structlog
from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import Table, text

from mcm_shared.db.access_tables import (
    API_TOKENS,
    AUDIT_HEAD,
    AUDIT_LOG,
    LOGIN_STATES,
    LOGIN_THROTTLE,
    SESSIONS,
    SETUP_LINKS,
    USERS,
)
from mcm_shared.db.engine import AsyncConnection
from mcm_shared.db.finding_tables import ENGINE, ENGINE_INTERNAL, ENRICHER, PEOPLE, PEOPLE_INTERNAL
from mcm_shared.db.metadata import METADATA
from mcm_shared.db.notification_tables import CHANNEL_TESTS, NOTIFICATION_MESSAGES, NOTIFICATION_TABLES
from mcm_shared.db.tables import (
    AI_USAGE,
    DEAD_LETTER_ACTIONS,
    DETECTIONS,
    ENRICHMENT_ANSWERS,
    ENRICHMENT_FEEDBACK,
    ENRICHMENT_JOBS,
    EVENT_FACT_BLOCKS,
    EXCEPTION_ACTIONS,
    EXCEPTION_FILTERS,
    EXCEPTION_MATCHES,
    EXCEPTIONS,
    FINDING_ACTIONS,
    FINDING_CHANGES,
    FINDING_HISTORY,
    FINDING_OUTBOX,
    FINDINGS,
    PROFILE_TABLES,
    ROLLUPS,
    RULE_CATALOGUE,
    RULE_RESULTS,
    RULES,
    SAVED_VIEWS,
    SOURCE_EVENTS,
    SOURCE_POSITIONS,
    TUMBLING_COUNTS,
)
from mcm_shared.errors import ConfigurationError

log = structlog.get_logger()

SERVICES: Final = ("api", "enricher", "ingestor", "notifier", "rules-engine")
_PASSWORD: Final = re.compile(r"[A-Za-z0-9_.~-]{8,}", re.ASCII)
_ITERATIONS: Final = 4096

_READ: Final = ("SELECT",)
_APPEND: Final = ("SELECT", "INSERT")
_WRITE: Final = ("SELECT", "INSERT", "UPDATE")
_ALL: Final = ("SELECT", "INSERT", "UPDATE", "DELETE")

GRANTS: Final[Mapping[str, Mapping[Table, tuple[str, ...]]]] = {
    "rules-engine": {
        **dict.fromkeys((SOURCE_EVENTS, *ROLLUPS, TUMBLING_COUNTS, FINDING_CHANGES, RULES, RULE_CATALOGUE), _WRITE),
        **dict.fromkeys((DETECTIONS, FINDINGS, FINDING_HISTORY), _APPEND),
        **dict.fromkeys((RULE_RESULTS, FINDING_OUTBOX, *PROFILE_TABLES), _ALL),
        SOURCE_POSITIONS: _READ,
    },
    "enricher": {
        **dict.fromkeys((FINDING_CHANGES, AI_USAGE), _WRITE),
        **dict.fromkeys((FINDINGS, RULES), _READ),
        ENRICHMENT_ANSWERS: _ALL,
        ENRICHMENT_JOBS: ("SELECT", "UPDATE"),
    },
    "ingestor": {SOURCE_POSITIONS: _WRITE, DEAD_LETTER_ACTIONS: _APPEND},
    "notifier": {
        **dict.fromkeys(NOTIFICATION_TABLES, _WRITE),
        **dict.fromkeys((FINDINGS, EXCEPTIONS, EXCEPTION_ACTIONS, EXCEPTION_FILTERS, EXCEPTION_MATCHES), _READ),
    },
    "api": {
        **dict.fromkeys(METADATA.tables.values(), _READ),
        **dict.fromkeys((USERS, SESSIONS, API_TOKENS, SETUP_LINKS, LOGIN_STATES, LOGIN_THROTTLE), _ALL),
        **dict.fromkeys((ENRICHMENT_ANSWERS, SAVED_VIEWS), _ALL),
        **dict.fromkeys((AUDIT_HEAD, FINDING_CHANGES, AI_USAGE, ENRICHMENT_JOBS, ENRICHMENT_FEEDBACK), _WRITE),
        **dict.fromkeys((FINDING_ACTIONS, AUDIT_LOG, DEAD_LETTER_ACTIONS, EVENT_FACT_BLOCKS), _APPEND),
        **dict.fromkeys((EXCEPTIONS, EXCEPTION_ACTIONS, CHANNEL_TESTS), _APPEND),
        NOTIFICATION_MESSAGES: ("SELECT", "UPDATE"),
        **dict.fromkeys((EXCEPTION_FILTERS, EXCEPTION_MATCHES), _WRITE),
    },
}
"""Privileges of each service by table; findings are updated by column."""

UPDATED_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "rules-engine": tuple(column.name for column in FINDINGS.columns if column.info in (ENGINE, ENGINE_INTERNAL)),
    "enricher": tuple(column.name for column in FINDINGS.columns if column.info == ENRICHER),
    "api": tuple(column.name for column in FINDINGS.columns if column.info in (ENRICHER, PEOPLE, PEOPLE_INTERNAL)),
}
"""Columns of findings that each service updates: its own, which no other service writes."""


class RoleSettings(BaseSettings):
    """Settings of the roles that mcm-migrate creates."""

    model_config = SettingsConfigDict(extra="ignore")

    passwords: Annotated[
        SecretStr | None,
        Field(
            validation_alias="MCM_DATABASE_ROLE_PASSWORDS",
            description="service=password of each database role, comma separated",
        ),
    ] = None

    @field_validator("passwords")
    @classmethod
    def _are_passwords(cls, given: SecretStr | None) -> SecretStr | None:
        if given is not None:
            parse_passwords(given.get_secret_value())
        return given


def parse_passwords(text_given: str) -> dict[str, str]:
    """Reads ``service=password,…``; raises ValueError that names the service and shows no password."""
    passwords: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in text_given.split(","))):
        service, _, password = part.partition("=")
        if service not in SERVICES:
            raise ValueError(f"{service[:50]!r} is no service; write service=password with {', '.join(SERVICES)}")
        if not _PASSWORD.fullmatch(password):
            raise ValueError(f"the password of {service} must have at least 8 characters, of a-z, A-Z, 0-9 and _.~-")
        passwords[service] = password
    return passwords


def role_of(service: str) -> str:
    """Names the role of a service."""
    return f"mcm_{service.replace('-', '_')}"


async def create_roles(connection: AsyncConnection, passwords: Mapping[str, str]) -> None:
    """Creates the roles of services with their passwords, and gives each exactly its privileges.

    Raises ConfigurationError when the login may not create roles.
    """
    may = text("SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user")
    if not (await connection.execute(may)).scalar_one():
        raise ConfigurationError(
            "MCM_DATABASE_ROLE_PASSWORDS is set, but the login in DATABASE_URL may not create roles; give mcm-migrate"
            " one that may, or leave the variable out"
        )
    there = set((await connection.execute(text("SELECT rolname FROM pg_roles"))).scalars())
    database = (await connection.execute(text("SELECT quote_ident(current_database())"))).scalar_one()
    sequences = await _sequences(connection)
    for statement in _statements(database, passwords, there, sequences):
        await connection.exec_driver_sql(statement)
    log.info("database roles ready", roles=", ".join(map(role_of, sorted(passwords))))


def _statements(
    database: str, passwords: Mapping[str, str], there: Iterable[str], sequences: Mapping[str, str]
) -> Iterator[str]:
    # everyone who may log in to the server could otherwise connect, and create tables in older versions
    yield f"REVOKE ALL ON DATABASE {database} FROM PUBLIC"
    yield "REVOKE ALL ON SCHEMA public FROM PUBLIC"
    for service, password in passwords.items():
        role = role_of(service)
        if role not in there:
            yield f"CREATE ROLE {role}"
        yield (
            f"ALTER ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
            f" PASSWORD '{_scram_verifier(password)}'"
        )
        for kind in ("TABLES", "SEQUENCES"):
            yield f"REVOKE ALL ON ALL {kind} IN SCHEMA public FROM {role}"
        yield f"GRANT CONNECT ON DATABASE {database} TO {role}"
        yield f"GRANT USAGE ON SCHEMA public TO {role}"
        yield f"GRANT SELECT ON alembic_version TO {role}"
        for table, privileges in GRANTS[service].items():
            yield f"GRANT {', '.join(privileges)} ON {table.name} TO {role}"
            if "INSERT" in privileges and table.name in sequences:
                yield f"GRANT USAGE ON SEQUENCE {sequences[table.name]} TO {role}"
        if service in UPDATED_COLUMNS:
            columns = ", ".join(f'"{name}"' for name in UPDATED_COLUMNS[service])
            yield f"GRANT UPDATE ({columns}) ON {FINDINGS.name} TO {role}"


async def _sequences(connection: AsyncConnection) -> dict[str, str]:
    query = text(
        "SELECT t.relname, s.oid::regclass::text FROM pg_depend d JOIN pg_class s ON s.oid = d.objid"
        " JOIN pg_class t ON t.oid = d.refobjid WHERE s.relkind = 'S' AND d.deptype IN ('a', 'i')"
        " AND t.relnamespace = 'public'::regnamespace"
    )
    return {str(table): str(sequence) for table, sequence in await connection.execute(query)}


def _scram_verifier(password: str) -> str:
    """What the server stores (RFC 5803), so that the password itself is in no statement and no log of it."""
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, _ITERATIONS)
    client = hmac.digest(salted, b"Client Key", "sha256")
    server = hmac.digest(salted, b"Server Key", "sha256")
    parts = (base64.b64encode(part).decode() for part in (salt, hashlib.sha256(client).digest(), server))
    return "SCRAM-SHA-256${}:{}${}:{}".format(_ITERATIONS, *parts)
