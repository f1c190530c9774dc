"""Use cases of the commands: read settings, connect, run, print a summary."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal

import typer

from mcm_ingestor import generate
from mcm_ingestor import push as pushing
from mcm_ingestor.connectors.service import check_sources
from mcm_ingestor.dead_letter_entries import EntryState
from mcm_ingestor.generator.month import stream_events
from mcm_ingestor.handle_dead_letters import act_on_entries, list_entries, open_actions, replay_entries
from mcm_ingestor.progress import ProgressCounter, say, tally
from mcm_ingestor.replay import Origin, Replay
from mcm_ingestor.replay_files import expand
from mcm_ingestor.replay_position import ReplayPosition
from mcm_ingestor.replay_speed import Pace
from mcm_ingestor.settings import ConnectorSettings, IngestorSettings
from mcm_ingestor.show_dead_letters import print_json, print_table
from mcm_ingestor.sinks import SinkName, open_sink
from mcm_shared.cli import EXIT_FAILED, EXIT_INTERRUPTED, on_stop_signal
from mcm_shared.contracts.topics import Topics
from mcm_shared.db.dead_letter_actions import DeadLetterAction
from mcm_shared.errors import ConfigurationError, McmError
from mcm_shared.event_files import STDIN, read_entries, require_readable
from mcm_shared.kafka.producer import connect_producer
from mcm_shared.kafka.records import Outgoing
from mcm_shared.kafka.topics_admin import ensure_topics
from mcm_shared.settings import KafkaSettings, load_settings


async def generate_backlog(count: int, seed: int, end: datetime, days: int, to: SinkName) -> None:
    """Generates ``count`` events of the ``days`` before ``end``; exits 130 when interrupted."""
    async with open_sink(to) as sink:
        stop = _stopped_by_signals()
        with tally(count) as done:
            try:
                events = stream_events(count, seed=seed, now=end, days=days)
                await generate.generate_backlog(events, sink, done, stop)
            except McmError:
                _say_what_was_generated(done, seed, end, to)
                raise
            _say_what_was_generated(done, seed, end, to)
    if done.done < count:
        raise SystemExit(EXIT_INTERRUPTED)


async def generate_live(rate: float, seed: int, count: int | None, to: SinkName) -> None:
    """Generates live events until stopped; being stopped is not a failure."""
    async with open_sink(to) as sink:
        stop = _stopped_by_signals()
        with tally(count) as done:
            await generate.generate_live(rate, seed, count, sink, done, stop)
    say(f"{done.sentence('generated')}, --seed {seed}")


async def replay(
    names: Sequence[str],
    origin_of_file: Callable[[str], Origin],
    *,
    rate: float | None,
    speed: float | None,
    following: bool,
    resume: bool,
) -> None:
    """Replays files; exits 1 when a record was refused, 130 when interrupted."""
    settings, kafka = load_settings(IngestorSettings), load_settings(KafkaSettings)
    files = [(name, origin_of_file(name)) for name in expand(names)]
    if following and (len(files) != 1 or files[0][0] == STDIN):
        raise ConfigurationError("--follow takes exactly one file")
    for name, _ in files:
        require_readable(name)
    await ensure_topics(kafka)
    stop = _stopped_by_signals()
    position = ReplayPosition(Path.cwd(), resume=resume)
    pace = None if speed is None else Pace(speed)
    complete = False
    async with connect_producer(kafka) as producer:
        with tally(None) as done:
            replaying = Replay(producer, Topics(kafka.topic_prefix).raw, rate, done, stop, position, pace)
            try:
                await replaying.run(files, settings.max_event_bytes, following=following)
                complete = not stop.is_set()
            finally:
                refused = f", refused {replaying.refused:,}" if replaying.refused else ""
                done.say(done.sentence("replayed") + refused + _kept(position, complete=complete))
    if stop.is_set():
        raise SystemExit(EXIT_INTERRUPTED)
    if replaying.refused:
        raise SystemExit(EXIT_FAILED)


def _kept(position: ReplayPosition, *, complete: bool) -> str:
    try:
        if complete:
            position.finish()
            return ""
        position.save()
    except OSError as error:
        return f"; the position cannot be {'removed' if complete else 'kept'}: {error.strerror or error}"
    return "; continue with --resume"


async def push() -> list[str]:
    """Pushes events from standard input and returns their ids."""
    settings, kafka = load_settings(IngestorSettings), load_settings(KafkaSettings)
    entries = (entry for entries in read_entries(STDIN, settings.max_event_bytes) for entry in entries)
    payloads = pushing.validated(entries)
    await ensure_topics(kafka)
    topic = Topics(kafka.topic_prefix).raw
    async with connect_producer(kafka) as producer:
        await producer.send([Outgoing(topic, payload) for payload in payloads.values()])
    return list(payloads)


async def list_dead_letters(state: EntryState | None, limit: int, output: Literal["table", "json"]) -> None:
    """Prints the newest dead letters in a state, or in any."""
    async with open_actions() as engine:
        entries, counts = await list_entries(load_settings(KafkaSettings), engine, state, limit)
    if output == "json":
        print_json(entries)
    else:
        print_table(entries, counts)


async def replay_dead_letters(everything: bool, reason: str | None) -> None:
    """Replays dead letters and prints how many."""
    kafka = load_settings(KafkaSettings)
    async with open_actions() as engine, connect_producer(kafka) as producer:
        replayed = await replay_entries(kafka, producer, engine, everything=everything, reason=reason)
    foreign = f"; {replayed.foreign:,} from other topics were skipped" if replayed.foreign else ""
    say(f"replayed {replayed.sent:,} dead letters{foreign}")


async def act_on_dead_letters(
    places: Sequence[tuple[int, int]], kind: DeadLetterAction, reason: str | None = None
) -> None:
    """Dismisses or reopens dead letters and prints how many."""
    async with open_actions() as engine:
        number = await act_on_entries(load_settings(KafkaSettings), engine, places, kind, reason)
    say(f"{kind.value} {number:,} dead letters")


async def check() -> None:
    """Prints the permissions that the credential of each source has and lacks; exits 1 when one is lacking."""
    checked = await check_sources(load_settings(ConnectorSettings).sources_path)
    for name, permissions in checked:
        for permission in permissions:
            detail = f": {permission.detail}" if permission.detail else ""
            typer.echo(f"{name}: {'granted' if permission.granted else 'missing'}: {permission.name}{detail}")
    if any(not permission.granted for _, permissions in checked for permission in permissions):
        raise SystemExit(EXIT_FAILED)


def _say_what_was_generated(done: ProgressCounter, seed: int, end: datetime, to: SinkName) -> None:
    # a second run with this seed and end adds only missing events
    what = f"; {done.new:,} of them new" if to is SinkName.DB else ""
    done.say(f"{done.sentence('generated')}, --seed {seed} --until {end:%Y-%m-%dT%H:%M:%SZ}{what}")


def _stopped_by_signals() -> asyncio.Event:
    stop = asyncio.Event()
    on_stop_signal(stop.set)
    return stop
