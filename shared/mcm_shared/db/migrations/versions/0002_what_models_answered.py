"""What a model answered, what it cost, jobs that enrich many findings, and what people think of explanations."""

import sqlalchemy as sa
from alembic import op

from mcm_shared.db.types import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies the change."""
    op.create_table(
        "ai_usage",
        sa.Column("day", sa.Date(), nullable=False, comment="in UTC"),
        sa.Column("requests", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("used", sa.BigInteger(), server_default=sa.text("0"), nullable=False, comment="tokens"),
        sa.Column(
            "taken",
            sa.BigInteger(),
            server_default=sa.text("0"),
            nullable=False,
            comment="tokens workers took from the budget",
        ),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_ai_usage")),
    )
    op.create_table(
        "enrichment_answers",
        sa.Column("key", sa.Text(), nullable=False, comment="hash of the prompt and the model"),
        sa.Column("prompt_version", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column(
            "answer",
            sa.JSON(),
            nullable=True,
            comment="what the model said, with pseudonyms; null while it is asked, or when refused",
        ),
        sa.Column("refusal", sa.Text(), nullable=True, comment="why what it said was not taken"),
        sa.Column("prompt_tokens", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("completion_tokens", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("latency_ms", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("claimed_by", sa.Uuid(), nullable=True, comment="who asks"),
        sa.Column(
            "stands_until", UtcDateTime(), nullable=False, comment="claim or answer: afterwards another worker may ask"
        ),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_enrichment_answers")),
    )
    op.create_index("ix_enrichment_answers_stands_until", "enrichment_answers", ["stands_until"], unique=False)
    op.create_table(
        "enrichment_jobs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'waiting'"), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False, comment="findings without a score when it was started"),
        sa.Column("until_id", sa.BigInteger(), nullable=False, comment="the last of them"),
        sa.Column(
            "after_id", sa.BigInteger(), server_default=sa.text("0"), nullable=False, comment="handled up to this one"
        ),
        sa.Column("failed", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("leased_by", sa.Uuid(), nullable=True, comment="who runs it"),
        sa.Column(
            "leased_until", UtcDateTime(), nullable=True, comment="afterwards another worker may continue with it"
        ),
        sa.Column("created_at", UtcDateTime(), server_default=sa.text("CURRENT_TIMESTAMP"), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'running', 'done', 'cancelled')", name=op.f("ck_enrichment_jobs_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrichment_jobs")),
    )
    op.create_index(
        "ix_enrichment_jobs_unfinished",
        "enrichment_jobs",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("finished_at IS NULL"),
        sqlite_where=sa.text("finished_at IS NULL"),
    )
    op.create_table(
        "enrichment_feedback",
        sa.Column("finding_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False, comment="what wrote the explanation that was judged"),
        sa.Column("model", sa.Text(), nullable=False, comment="'' for the heuristic"),
        sa.Column("prompt_version", sa.Text(), nullable=False, comment="'' for the heuristic"),
        sa.Column("given_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("verdict IN ('helpful', 'wrong')", name=op.f("ck_enrichment_feedback_verdict")),
        sa.ForeignKeyConstraint(
            ["finding_id"], ["findings.id"], name=op.f("fk_enrichment_feedback_finding_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("finding_id", name=op.f("pk_enrichment_feedback")),
    )
    op.create_index(
        "ix_findings_fallback",
        "findings",
        ["ai_enriched_at"],
        unique=False,
        postgresql_where=sa.text("ai_source = 'fallback'"),
        sqlite_where=sa.text("ai_source = 'fallback'"),
    )
    _describe(
        ai_source="what wrote it: openai, cache, heuristic, or fallback (the heuristic, to be asked again)",
        ai_data="the score's factors, and what was asked of which model",
    )


def downgrade() -> None:
    """Takes the change back."""
    _describe(ai_source="what wrote it: heuristic", ai_data="the score's factors")
    op.drop_index(
        "ix_findings_fallback",
        table_name="findings",
        postgresql_where=sa.text("ai_source = 'fallback'"),
        sqlite_where=sa.text("ai_source = 'fallback'"),
    )
    op.drop_table("enrichment_feedback")
    op.drop_index(
        "ix_enrichment_jobs_unfinished",
        table_name="enrichment_jobs",
        postgresql_where=sa.text("finished_at IS NULL"),
        sqlite_where=sa.text("finished_at IS NULL"),
    )
    op.drop_table("enrichment_jobs")
    op.drop_index("ix_enrichment_answers_stands_until", table_name="enrichment_answers")
    op.drop_table("enrichment_answers")
    op.drop_table("ai_usage")


def _describe(**comments: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        for column, comment in comments.items():
            op.alter_column("findings", column, comment=comment)
