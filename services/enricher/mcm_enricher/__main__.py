"""The ``mcm-enricher`` command."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from mcm_enricher.enrich import Enricher, enrich_missing
from mcm_enricher.explainers.choose import make_explainer
from mcm_enricher.publish import EnrichedPublisher
from mcm_enricher.service import run_service
from mcm_enricher.settings import EnricherSettings
from mcm_enricher.store.findings import count_missing
from mcm_shared.cli import command_line, run_command
from mcm_shared.contracts.findings import FindingMessage
from mcm_shared.contracts.topics import Topics
from mcm_shared.db.engine import create_engine
from mcm_shared.db.migrate import wait_for_schema
from mcm_shared.kafka.producer import connect_producer
from mcm_shared.kafka.topics_admin import ensure_topics
from mcm_shared.settings import DatabaseSettings, load_kafka_settings, load_settings
from mcm_shared.terminal import escape_controls

app = command_line("mcm-enricher", "Scores findings and explains them.", service="enricher")

Format = Annotated[Literal["table", "json"], typer.Option("--format", help="How to print the result.")]
Limit = Annotated[
    int | None, typer.Option("--limit", min=1, help="Maximum number of findings to enrich [default: all].")
]


@app.command()
def run() -> None:
    """Enriches findings from Kafka, and runs enrichment jobs, until stopped.

    Without KAFKA_BOOTSTRAP_SERVERS it runs enrichment jobs only.
    """
    run_command(run_service)


@app.command("enrich-missing")
def enrich_what_is_missing(limit: Limit = None, output: Format = "table") -> None:
    """Enriches stored findings that have no score yet, and publishes them if KAFKA_BOOTSTRAP_SERVERS is set."""
    findings = run_command(lambda: _enrich_missing(limit))
    if output == "json":
        for finding in findings:
            typer.echo(finding.model_dump_json())
    else:
        _print_table(findings)


async def _enrich_missing(limit: int | None) -> list[FindingMessage]:
    settings = load_settings(EnricherSettings)
    engine = create_engine(load_settings(DatabaseSettings))
    explainer = make_explainer(settings, engine)
    enricher = Enricher(engine, explainer, concurrency=2 * settings.concurrency)
    try:
        await wait_for_schema(engine)
        async with _publisher() as publisher:
            total = await count_missing(engine)
            with _progress() as bar:
                task = bar.add_task("Enriching findings", total=total if limit is None else min(total, limit))
                enriched: list[FindingMessage] = []
                async for batch in enrich_missing(enricher, engine, limit=limit, batch_size=settings.batch_size):
                    await publisher.publish(batch)
                    enriched += batch
                    bar.update(task, completed=len(enriched))
        return enriched
    finally:
        await explainer.close()
        await engine.dispose()


@asynccontextmanager
async def _publisher() -> AsyncIterator[EnrichedPublisher]:
    kafka = load_kafka_settings()
    if kafka is None:
        yield EnrichedPublisher(None, Topics())
        return
    await ensure_topics(kafka)
    async with connect_producer(kafka) as producer:
        yield EnrichedPublisher(producer, Topics(kafka.topic_prefix))


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _print_table(findings: Sequence[FindingMessage]) -> None:
    table = Table(title=f"{len(findings)} findings enriched")
    for column in ("id", "score", "severity", "rule", "user", "description"):
        table.add_column(column)
    for finding in findings:
        table.add_row(
            str(finding.id),
            str(finding.risk_score),
            finding.severity,
            Text(escape_controls(finding.rule_name)),
            Text(escape_controls(finding.user or "")),
            Text(escape_controls(finding.description)),
        )
    Console().print(table)


def main() -> None:
    """Runs the command line."""
    app(prog_name="mcm-enricher")


if __name__ == "__main__":
    main()
