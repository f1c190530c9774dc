"""Tables of identity and access: users, sessions, API tokens, login throttling and the audit trail."""

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)

from mcm_shared.db.metadata import METADATA
from mcm_shared.db.types import UtcDateTime

USERS: Final = Table(
    "users",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False, server_default=text("'person'"), comment="person or service"),
    Column("issuer", Text, nullable=False, server_default=text("''"), comment="OIDC issuer; '' for a local user"),
    Column("subject", Text, nullable=False, comment="the issuer's subject; of a local user the e-mail in lower case"),
    Column("email", Text, nullable=False, comment="of a service account its name"),
    Column("role", Text, comment="null: no access"),
    Column("sources", JSON, comment="restriction to sources; null: all"),
    Column("period_from", UtcDateTime, comment="restriction to a period; null: none"),
    Column("period_to", UtcDateTime),
    Column("expires_at", UtcDateTime, comment="no access afterwards; null: never"),
    Column("password_hash", Text, comment="argon2id; null: no password"),
    Column("disabled_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False, server_default=func.current_timestamp()),
    Column("last_login_at", UtcDateTime),
    UniqueConstraint("issuer", "subject"),
    CheckConstraint("kind IN ('person', 'service')", name="kind"),
)

SESSIONS: Final = Table(
    "sessions",
    METADATA,
    Column("id", Uuid, primary_key=True, comment="names the session in lists; not the secret"),
    Column("secret_hash", Text, nullable=False, unique=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("last_used_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, comment="the absolute limit"),
    Column("address", Text, nullable=False),
    Column("user_agent", Text, nullable=False),
    Column("id_token", Text, comment="hint for the logout at the OIDC provider"),
)
Index("ix_sessions_user_id", SESSIONS.c.user_id)

API_TOKENS: Final = Table(
    "api_tokens",
    METADATA,
    Column("id", Text, primary_key=True, comment="the public part of the token"),
    Column("secret_hash", Text, nullable=False),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("sources", JSON, comment="restriction to sources; null: that of its user"),
    Column("push_sources", JSON, nullable=False, comment="sources whose events it may push"),
    Column("created_by", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("last_used_at", UtcDateTime),
    Column("revoked_at", UtcDateTime),
)
Index("ix_api_tokens_user_id", API_TOKENS.c.user_id)

SETUP_LINKS: Final = Table(
    "setup_links",
    METADATA,
    Column("secret_hash", Text, primary_key=True),
    Column("expires_at", UtcDateTime, nullable=False),
)

LOGIN_STATES: Final = Table(
    "login_states",
    METADATA,
    Column("state_hash", Text, primary_key=True, comment="of the state sent to the provider; valid once"),
    Column("browser_hash", Text, nullable=False, comment="of the cookie of the browser that began"),
    Column("return_to", Text, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)

LOGIN_THROTTLE: Final = Table(
    "login_throttle",
    METADATA,
    Column("key", Text, primary_key=True, comment="hash of an account or an address"),
    Column("attempts", Integer, nullable=False),
    Column("resets_at", UtcDateTime, nullable=False, comment="afterwards attempts are counted anew"),
)

AUDIT_LOG: Final = Table(
    "audit_log",
    METADATA,
    Column("seq", BigInteger, primary_key=True, autoincrement=False, comment="1, 2, 3 … without a gap"),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", Text, nullable=False),
    Column("via", Text, nullable=False, comment="session, token, assertion, command, none"),
    Column("action", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("before", Text, comment="canonical JSON"),
    Column("after", Text, comment="canonical JSON"),
    Column("request_id", Text, nullable=False),
    Column("prev_hash", Text, nullable=False),
    Column("hash", Text, nullable=False, comment="SHA-256 of the other columns, prev_hash included"),
)
Index("ix_audit_log_at", AUDIT_LOG.c.at)
Index("ix_audit_log_actor_seq", AUDIT_LOG.c.actor, AUDIT_LOG.c.seq)
Index("ix_audit_log_action_seq", AUDIT_LOG.c.action, AUDIT_LOG.c.seq)

AUDIT_HEAD: Final = Table(
    "audit_head",
    METADATA,
    Column("id", SmallInteger, primary_key=True, autoincrement=False, comment="one row, the lock of the chain"),
    Column("seq", BigInteger, nullable=False),
    Column("hash", Text, nullable=False),
)

ACCESS_TABLES: Final = (
    USERS, SESSIONS, API_TOKENS, SETUP_LINKS, LOGIN_STATES, LOGIN_THROTTLE, AUDIT_LOG, AUDIT_HEAD,
)  # fmt: skip
"""Tables that only the access package reads and writes."""
