"""The ``mcm-enricher`` command."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from mcm_enricher.consume import Batch, FindingConsumer
from mcm_enricher.enrich import Enricher, enrich_missing, enriched_messages
from mcm_enricher.explainers.choose import make_explainer
from mcm_enricher.retry_fallbacks import retry_fallbacks_forever
from mcm_enricher.settings import EnricherSettings
from mcm_enricher.store.findings import count_missing
from mcm_shared.cli import on_stop_signal, run_command, until_first_ends
from mcm_shared.contracts.findings import FindingMessage
from mcm_shared.contracts.topics import Topics
from mcm_shared.db.engine import create_engine
from mcm_shared.db.migrate import wait_for_schema
from mcm_shared.kafka.consumer.worker import Subscription, Worker
from mcm_shared.kafka.producer import Producer, connect_producer
from mcm_shared.kafka.topics_admin import ensure_topics
from mcm_shared.logs import configure_logs
from mcm_shared.metrics import serve_metrics
from mcm_shared.settings import DatabaseSettings, KafkaSettings, MetricsSettings, load_settings

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Scores findings and explains them.")

Format = Annotated[Literal["table", "json"], typer.Option("--format", help="How to print the result.")]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help="Findings to enrich, at most; without it, all.")]


@app.command()
def run() -> None:
    """Consumes findings from Kafka until stopped."""
    run_command(_run)


@app.command("enrich-missing")
def enrich_what_is_missing(limit: Limit = None, output: Format = "table") -> None:
    """Enriches stored findings that have no score yet; needs no Kafka, tells it of them where it is set."""
    findings = run_command(lambda: _enrich_missing(limit))
    if output == "json":
        for finding in findings:
            typer.echo(finding.model_dump_json())
    else:
        _print_table(findings)


async def _run() -> None:
    configure_logs("enricher")
    settings = load_settings(EnricherSettings)
    kafka = load_settings(KafkaSettings)
    engine = create_engine(load_settings(DatabaseSettings))
    serve_metrics(load_settings(MetricsSettings))
    topics = Topics(kafka.topic_prefix)
    explainer = make_explainer(settings, engine)
    enricher = Enricher(engine, explainer, concurrency=2 * settings.concurrency)
    consumer = FindingConsumer(enricher, topics)
    worker: Worker[Batch] = Worker(
        kafka,
        Subscription(topics.findings, topics.group("enricher"), settings.batch_size),
        decode=consumer.decode,
        handle=consumer.handle,
    )
    on_stop_signal(worker.stop)
    try:
        await wait_for_schema(engine)
        if explainer.free:
            await worker.run()
        else:
            async with connect_producer(kafka) as producer:
                tell = partial(_tell, producer, topics)
                await until_first_ends(worker.run(), retry_fallbacks_forever(engine, enricher, explainer, tell))
    finally:
        await explainer.close()
        await engine.dispose()


async def _enrich_missing(limit: int | None) -> list[FindingMessage]:
    configure_logs("enricher")
    settings = load_settings(EnricherSettings)
    engine = create_engine(load_settings(DatabaseSettings))
    explainer = make_explainer(settings, engine)
    enricher = Enricher(engine, explainer, concurrency=2 * settings.concurrency)
    try:
        await wait_for_schema(engine)
        async with _teller() as tell:
            total = await count_missing(engine)
            with _progress() as bar:
                task = bar.add_task("Enriching findings", total=total if limit is None else min(total, limit))
                enriched: list[FindingMessage] = []
                async for batch in enrich_missing(enricher, engine, limit=limit, batch_size=settings.batch_size):
                    await tell(batch)
                    enriched += batch
                    bar.update(task, completed=len(enriched))
        return enriched
    finally:
        await explainer.close()
        await engine.dispose()


@asynccontextmanager
async def _teller() -> AsyncIterator[Callable[[Sequence[FindingMessage]], Awaitable[None]]]:
    """Gives what tells Kafka of enriched findings; without KAFKA_BOOTSTRAP_SERVERS it tells nobody."""
    if not os.environ.get("KAFKA_BOOTSTRAP_SERVERS"):
        yield _tell_nobody
        return
    kafka = load_settings(KafkaSettings)
    topics = Topics(kafka.topic_prefix)
    await ensure_topics(kafka)
    async with connect_producer(kafka) as producer:
        yield partial(_tell, producer, topics)


async def _tell(producer: Producer, topics: Topics, findings: Sequence[FindingMessage]) -> None:
    await producer.send(enriched_messages(findings, topics))


async def _tell_nobody(_findings: Sequence[FindingMessage]) -> None:
    return


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
            Text(finding.rule_name),
            Text(finding.user or ""),
            Text(finding.description),
        )
    Console().print(table)


def main() -> None:
    """Runs the command line."""
    app(prog_name="mcm-enricher")


if __name__ == "__main__":
    main()
