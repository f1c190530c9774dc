"""Groups of long values fit into the indexes of a real PostgreSQL."""

import random

from pydantic import SecretStr

from mcm_rules_engine.offline.in_memory import Evaluation
from mcm_rules_engine.sigma.compile.group_keys import MAX_FIELDS, MAX_VALUE
from mcm_rules_engine.sigma.load import parse_rules
from mcm_shared.db.engine import create_engine
from mcm_shared.settings import DatabaseSettings
from mcm_shared.testing.builders import an_event

FIELDS = [f"field_{number}" for number in range(MAX_FIELDS)]

RULES = f"""\
title: Upload
id: 00000000-0000-4000-8000-000000000001
name: upload
level: low
logsource: {{category: activity}}
detection: {{s: {{event_type: upload}}, condition: s}}
group_by: [{", ".join(FIELDS)}]
---
title: Many values
id: 00000000-0000-4000-8000-000000000002
level: low
correlation:
  type: value_count
  rules: [upload]
  group-by: [{", ".join(FIELDS)}]
  timespan: 1h
  condition: {{field: file, gte: 2}}
  generate: true
---
title: Many
id: 00000000-0000-4000-8000-000000000003
level: low
correlation: {{type: event_count, rules: [upload], group-by: [user, {", ".join(FIELDS[1:])}], timespan: 1h,
  condition: {{gte: 2}}, window: tumbling}}
"""


async def test_long_values_of_four_bytes_a_character_are_counted(database_url: str) -> None:
    # what a database compresses would fit anyway
    dead_letters = random.Random(7)
    symbols = [chr(dead_letters.randrange(0x20000, 0x2A6DF)) for _ in range(2_000)]
    long = {field: "".join(dead_letters.sample(symbols, MAX_VALUE // 4)) for field in FIELDS}
    files = ["".join(dead_letters.sample(symbols, 2_000)) for _ in range(2)]
    events = [
        an_event(event_type="upload", id=str(number), user="".join(symbols[:500]), raw_data={**long, "file": file})
        for number, file in enumerate(files)
    ]
    engine = create_engine(DatabaseSettings(DATABASE_URL=SecretStr(database_url)))
    try:
        evaluation = Evaluation(engine, parse_rules(RULES))
        for event in events:
            await evaluation.add([event])
        findings = {finding.title: finding.detection_count for finding in await evaluation.findings()}
    finally:
        await engine.dispose()
    assert findings == {"Upload": 2, "Many values": 1, "Many": 1}
