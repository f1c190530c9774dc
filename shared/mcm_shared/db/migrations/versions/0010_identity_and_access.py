"""Users, sessions, API tokens, login throttling and the audit trail."""

import sqlalchemy as sa
from alembic import op

from mcm_shared.db.types import UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies the change."""
    _create_users()
    _create_credentials()
    _create_login()
    _create_audit_trail()


def downgrade() -> None:
    """Takes the change back."""
    for table in (
        "audit_head", "audit_log", "login_throttle", "setup_links", "api_tokens", "sessions", "users",
    ):  # fmt: skip
        op.drop_table(table)


def _create_users() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), server_default=sa.text("'person'"), nullable=False, comment="person or service"),
        sa.Column(
            "issuer",
            sa.Text(),
            server_default=sa.text("''"),
            nullable=False,
            comment="OIDC issuer; '' for a local user",
        ),
        sa.Column(
            "subject",
            sa.Text(),
            nullable=False,
            comment="the issuer's subject; of a local user the e-mail in lower case",
        ),
        sa.Column("email", sa.Text(), nullable=False, comment="of a service account its name"),
        sa.Column("role", sa.Text(), comment="null: no access"),
        sa.Column("sources", sa.JSON(), comment="restriction to sources; null: all"),
        sa.Column("period_from", UtcDateTime(), comment="restriction to a period; null: none"),
        sa.Column("period_to", UtcDateTime()),
        sa.Column("expires_at", UtcDateTime(), comment="no access afterwards; null: never"),
        sa.Column("password_hash", sa.Text(), comment="argon2id; null: no password"),
        sa.Column("disabled_at", UtcDateTime()),
        sa.Column("created_at", UtcDateTime(), server_default=sa.func.current_timestamp(), nullable=False),
        sa.Column("last_login_at", UtcDateTime()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_users_issuer_subject")),
        sa.CheckConstraint("kind IN ('person', 'service')", name=op.f("ck_users_kind")),
    )


def _create_credentials() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid(), nullable=False, comment="names the session in lists; not the secret"),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_used_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False, comment="the absolute limit"),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("user_agent", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_sessions_secret_hash")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sessions_user_id"), ondelete="CASCADE"),
    )
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"])
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.Text(), nullable=False, comment="the public part of the token"),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("sources", sa.JSON(), comment="restriction to sources; null: that of its user"),
        sa.Column("push_sources", sa.JSON(), nullable=False, comment="sources whose events it may push"),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("last_used_at", UtcDateTime()),
        sa.Column("revoked_at", UtcDateTime()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_api_tokens_user_id"), ondelete="CASCADE"),
    )
    op.create_index("ix_api_tokens_user_id", "api_tokens", ["user_id"])


def _create_login() -> None:
    op.create_table(
        "setup_links",
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("secret_hash", name=op.f("pk_setup_links")),
    )
    op.create_table(
        "login_throttle",
        sa.Column("key", sa.Text(), nullable=False, comment="hash of an account or an address"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("resets_at", UtcDateTime(), nullable=False, comment="afterwards attempts are counted anew"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_login_throttle")),
    )


def _create_audit_trail() -> None:
    op.create_table(
        "audit_log",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False, comment="1, 2, 3 … without a gap"),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("via", sa.Text(), nullable=False, comment="session, token, command, none"),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), comment="canonical JSON"),
        sa.Column("after", sa.Text(), comment="canonical JSON"),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("prev_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False, comment="SHA-256 of the other columns, prev_hash included"),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_log")),
    )
    op.create_index("ix_audit_log_at", "audit_log", ["at"])
    op.create_index("ix_audit_log_actor_seq", "audit_log", ["actor", "seq"])
    op.create_index("ix_audit_log_action_seq", "audit_log", ["action", "seq"])
    op.create_table(
        "audit_head",
        sa.Column(
            "id", sa.SmallInteger(), autoincrement=False, nullable=False, comment="one row, the lock of the chain"
        ),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
