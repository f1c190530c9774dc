"""Millions of events, a hundredth as many findings in every state of triage, and 20 active exceptions."""

import time

import asyncpg
from pydantic import SecretStr

from mcm_api.events.queries.fact_index import FactIndexer
from mcm_shared.db.engine import create_engine
from mcm_shared.settings import DatabaseSettings

DAYS = 30
USERS = 500
RULES = 60

_EVENT_INDEXES = """
SELECT indexname, indexdef FROM pg_indexes
WHERE tablename IN ('source_events', 'findings') AND indexname NOT LIKE 'pk\\_%' AND indexname NOT LIKE 'uq\\_%'
"""
# one account makes a fifth of all events, as a robot does; the others differ tenfold
_EVENTS = f"""
INSERT INTO source_events (event_uid, source, source_event_id, event_type, "user", timestamp, raw_data, attributes,
    detected, processed)
SELECT md5('event ' || i)::uuid,
    (ARRAY['github.audit', 'aws.cloudtrail', 'okta.system', 'my-app'])[1 + (i % 4)::int], 'evt-' || i,
    'type_' || (i * 7919) % 24,
    CASE WHEN i % 5 = 0 THEN 'deploy-bot@example.com' WHEN i % 97 = 0 THEN NULL
        ELSE 'user-' || floor({USERS} * power(((i * 104729) % 10007) / 10007.0, 2))::int || '@example.com' END,
    timestamptz '2026-10-20T00:00:00Z' + (i::double precision / $1) * interval '{DAYS} days',
    json_build_object('ip', '192.0.2.' || i % 250, 'action', 'repo.access', 'resource', 'acme/service-' || i % 40,
        'request', 'req-' || i),
    NULL, true, true
FROM generate_series(1::bigint, $1::bigint) AS i
"""  # noqa: S608 (our own numbers)
_ROLLUPS = (
    """INSERT INTO event_rollups (hour, source, shard, "count")
    SELECT date_trunc('hour', timestamp, 'UTC'), source, (id % 2), count(*) FROM source_events GROUP BY 1, 2, 3""",
    """INSERT INTO event_days (day, source, event_type, shard, "count")
    SELECT CAST(timezone('UTC', timestamp) AS date), source, event_type, (id % 2), count(*)
    FROM source_events GROUP BY 1, 2, 3, 4""",
    """INSERT INTO user_days ("user", day, source, shard, "count")
    SELECT "user", CAST(timezone('UTC', timestamp) AS date), source, (id % 2), count(*)
    FROM source_events WHERE "user" IS NOT NULL GROUP BY 1, 2, 3, 4""",
    """INSERT INTO user_totals ("user", shard, "count", first_at, last_at)
    SELECT "user", (id % 2), count(*), min(timestamp), max(timestamp)
    FROM source_events WHERE "user" IS NOT NULL GROUP BY 1, 2""",
)
_FINDINGS = f"""
INSERT INTO findings (uid, version, rule_id, rule_version, rule_name, title, description, severity_rank, "user",
    group_key, series_id, bucket_start, bucket_end, first_seen, last_seen, detection_count, event_uid, source, tags,
    extra_data, risk_score, ai_explanation, ai_source, ai_version, ai_data, ai_enriched_at, chosen_status,
    status_reason, seen_until, seen_detections, assignee, labels, triage_version)
SELECT md5('finding ' || i)::uuid, 1 + i % 5, md5('rule ' || i % {RULES})::uuid, 'abc123', 'rule_' || i % {RULES},
    'What rule ' || i % {RULES} || ' looks for', i % 17 || ' unusual things by user-' || i % {USERS} || '@example.com',
    1 + (i * 7) % 4, 'user-' || i % {USERS} || '@example.com',
    json_build_object('user', 'user-' || i % {USERS} || '@example.com')::text, md5('series ' || i % {RULES})::uuid,
    date_trunc('hour', at, 'UTC'), date_trunc('hour', at, 'UTC') + interval '1 hour', at,
    at + (i % 50) * interval '1 minute', 1 + (i * 31) % 400, md5('event ' || i)::uuid,
    (ARRAY['github.audit', 'aws.cloudtrail', 'okta.system', 'my-app'])[1 + (i % 4)::int],
    '["attack.t1110", "soc2.cc6.1", "iso27001.a.8.5", "nist.ac-7", "cis.8.11", "pci.8.3.4"]'::json,
    json_build_object('rule_version', 'abc123', 'counted', 5, 'group', json_build_object('user', 'user'),
        'earliest', evidence, 'latest', evidence),
    CASE WHEN i % 10 = 0 THEN NULL ELSE (i * 13) % 101 END,
    CASE WHEN i % 10 = 0 THEN NULL ELSE repeat('A user tried many passwords. ', 12) END,
    CASE WHEN i % 10 = 0 THEN NULL ELSE 'heuristic' END, CASE WHEN i % 10 = 0 THEN NULL ELSE 1 END,
    CASE WHEN i % 10 = 0 THEN NULL ELSE json_build_object('factors', json_build_array(
        json_build_object('name', 'severity', 'points', 40), json_build_object('name', 'count', 'points', 12))) END,
    CASE WHEN i % 10 = 0 THEN NULL ELSE at END,
    status, CASE WHEN closed THEN 'A planned change, see the ticket.' END,
    CASE WHEN closed THEN at + CASE WHEN i % 11 = 0 THEN interval '0' ELSE interval '1 hour' END END,
    CASE WHEN closed THEN 1 END, CASE WHEN i % 3 > 0 THEN 'analyst-' || i % 13 || '@example.com' END,
    CASE WHEN i % 12 = 0 THEN json_build_array('label-' || i % 7, 'quarter-' || i % 4) END,
    CASE WHEN i % 3 > 0 OR closed THEN 2 ELSE 0 END
FROM generate_series(1::bigint, $1::bigint) AS i
CROSS JOIN LATERAL (SELECT (ARRAY['open', 'open', 'acknowledged', 'investigating', 'resolved', 'resolved', 'resolved',
    'false_positive', 'false_positive', 'accepted_risk'])[1 + (i * 7919) % 10] AS status) AS s
CROSS JOIN LATERAL (SELECT status IN ('resolved', 'false_positive', 'accepted_risk') AS closed) AS c
CROSS JOIN LATERAL (SELECT timestamptz '2026-10-20T00:00:00Z' + (i::double precision / $1) * interval '{DAYS} days'
    AS at) AS t
CROSS JOIN LATERAL (SELECT json_build_object('event_uid', md5('event ' || i)::uuid, 'at', t.at, 'source', 'my-app',
    'event_type', 'login_failed', 'user', 'user-' || i % {USERS} || '@example.com', 'facts', json_build_object(
    'ip', '192.0.2.7', 'reason', 'bad_password', 'user_agent', 'Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0'))
    AS evidence) AS e
"""  # noqa: S608 (our own numbers)
# active while the benchmark runs, whenever that is: they cover what lies in their period of event time
_EXCEPTIONS = (
    """INSERT INTO exceptions (matcher, owner, reason, starts_at, expires_at, requester)
    SELECT CASE i % 4 WHEN 0 THEN json_build_object('rule', json_build_array('rule_' || i),
            'user', json_build_array('user-' || i || '@example.com'))
        WHEN 1 THEN json_build_object('group', json_build_object('user', 'user-' || i * 3 || '@example.com'))
        WHEN 2 THEN json_build_object('rule', json_build_array('rule_' || i), 'source', json_build_array('my-app'))
        ELSE json_build_object('rule', json_build_array('rule_' || i), 'tag', json_build_array('soc2.cc6.1'),
            'text', 'user-' || i || '1') END,
        'mona@example.com', 'The migration of this month does it, see the ticket.',
        least(timestamptz '2026-10-25T00:00:00Z', now()), now() + interval '90 days', 'mona@example.com'
    FROM generate_series(1, 20) AS i""",
    """INSERT INTO exception_actions (exception_id, actor, kind)
    SELECT id, 'ola@example.com', 'approve' FROM exceptions""",
)


async def build_fact_index(database_url: str) -> float:
    """Builds the index of facts as the API does behind the engine, without its pauses; returns the seconds it took."""
    engine = create_engine(DatabaseSettings(DATABASE_URL=SecretStr(database_url)))
    indexer = FactIndexer(engine, settle_s=0)
    began = time.monotonic()
    await indexer.build_next()
    while await indexer.build_next():
        pass
    await engine.dispose()
    return time.monotonic() - began


async def fill(database_url: str, events: int, findings: int) -> None:
    """Fills an empty, migrated database with so many events and findings, spread evenly over 30 days."""
    connection = await asyncpg.connect(database_url, command_timeout=3600)
    try:
        await connection.execute("SET maintenance_work_mem = '512MB'")
        await connection.execute("SET synchronous_commit = off")
        indexes = await connection.fetch(_EVENT_INDEXES)
        for index in indexes:
            await connection.execute(f"DROP INDEX {index['indexname']}")
        await connection.execute(_EVENTS, events)
        for statement in _ROLLUPS:
            await connection.execute(statement)
        await connection.execute(_FINDINGS, findings)
        for statement in _EXCEPTIONS:
            await connection.execute(statement)
        await connection.execute("INSERT INTO finding_changes VALUES (0, 1)")
        for index in indexes:
            await connection.execute(index["indexdef"])
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()
