"""One rules-engine worker of a benchmark: as in production, but with its own group and the given rules."""

import asyncio
import os
import sys
from collections.abc import Callable, Mapping
from typing import Final

import uvloop

from mcm_rules_engine.active_packs import Loaded
from mcm_rules_engine.pipeline.active_rules import ActiveRules
from mcm_rules_engine.pipeline.decode import Matcher
from mcm_rules_engine.pipeline.handler import DetectionHandler
from mcm_rules_engine.pipeline.outbox import publish_from_outbox
from mcm_rules_engine.pipeline.score_when_idle import score_when_idle
from mcm_rules_engine.settings import EngineSettings
from mcm_rules_engine.sigma.load import load_rules
from mcm_rules_engine.sigma.model.ruleset import Ruleset
from mcm_shared.cli import on_stop_signal, until_first_ends
from mcm_shared.contracts.topics import Topics
from mcm_shared.db.engine import create_engine
from mcm_shared.kafka.consumer.worker import Subscription, Worker
from mcm_shared.kafka.producer import connect_producer
from mcm_shared.settings import DatabaseSettings, KafkaSettings, load_settings

RULES: Final[Mapping[str, Callable[[], Ruleset]]] = {
    "none": lambda: Ruleset([]),
    "joined": lambda: _joined(load_rules()),
    "builtin": load_rules,
}


def _joined(ruleset: Ruleset) -> Ruleset:
    """Leaves out the rules whose results are recomputed, and those that only they read."""
    correlations = [rule for rule in ruleset.correlations if not rule.is_recomputed]
    read = {member.rule_id for rule in correlations for series in rule.inputs for member in series.members}
    return Ruleset([rule for rule in ruleset.rules if rule.raises_finding or rule.id in read], correlations)


async def _run(group: str, rules: str) -> None:
    settings = load_settings(EngineSettings)
    kafka = load_settings(KafkaSettings)
    engine = create_engine(load_settings(DatabaseSettings))
    topics = Topics(kafka.topic_prefix)

    def make_handler(ruleset: Ruleset) -> DetectionHandler:
        matcher = Matcher(ruleset, settings.max_event_bytes)
        return DetectionHandler(engine, matcher, ruleset, topics, os.getpid() % 16)

    active = ActiveRules(engine, lambda _: Loaded(RULES[rules](), ()), asyncio.Event(), make_handler)
    worker = Worker(kafka, Subscription(topics.raw, group, settings.batch_size), active.handler)
    on_stop_signal(worker.stop)
    async with connect_producer(kafka) as producer:
        publishing = publish_from_outbox(engine, topics, producer.send)
        await until_first_ends(worker.run(), publishing, score_when_idle(engine, active.handler))
    await engine.dispose()


if __name__ == "__main__":
    uvloop.run(_run(sys.argv[1], sys.argv[2]))
