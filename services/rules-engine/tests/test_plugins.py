"""Plug-ins: packs, sources and predicates that other distributions bring by their entry points."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mcm_local.checkout import COMMANDS
from mcm_rules_engine.active_packs import active_packs, load_active_rules
from mcm_rules_engine.offline.run_rule_tests import run_rule_tests
from mcm_rules_engine.pipeline.decode import Matcher
from mcm_rules_engine.plugins import plugins
from mcm_rules_engine.sigma.compile.plugin_predicates import named_predicates
from mcm_rules_engine.sigma.load import parse_rules
from mcm_rules_engine.sources import active_sources, normalise
from mcm_rules_engine.sources.plugin_sources import plugin_sources
from mcm_shared.contracts.topics import REASON_HEADER, Topics
from mcm_shared.errors import ConfigurationError, PoisonEventError, RuleLoadError
from mcm_shared.kafka.records import Outgoing
from mcm_shared.testing.builders import NOON, ARecord, an_event, an_event_payload

Install = Callable[..., Path]

CRM = """
from datetime import datetime

from mcm_shared.contracts.events import SourceEvent, event_uid, to_utc
from mcm_shared.errors import PoisonEventError


def normalise(payload, fallback_id):
    if not isinstance(payload, dict) or "when" not in payload:
        raise PoisonEventError("a CRM record needs when")
    event_id = payload.get("ref", fallback_id)
    return SourceEvent(
        uid=event_uid("acme.crm", event_id),
        id=event_id,
        source="acme.crm",
        event_type="permission_changed" if payload["what"] == "grant" else f"acme.crm.{payload['what']}",
        user=payload["who"],
        timestamp=to_utc(datetime.fromisoformat(payload["when"])),
        raw_data=payload,
        attributes={"target": payload["to"], "new_role": payload["role"]} if payload["what"] == "grant" else {},
    )
"""

RULE = """\
title: Export from the CRM
id: 00000000-0000-4000-8000-0000000000c1
name: crm_export
level: medium
logsource: {product: acme, service: crm}
detection: {export: {what: export}, condition: export}
tests:
  - name: an export
    events: [{source: acme.crm, user: mona@example.com, raw_data: {what: export}}]
    expect: [{severity: medium, user: mona@example.com}]
  - {name: a view, events: [{source: acme.crm, raw_data: {what: view}}], expect: []}
"""


def a_rule(detection: str) -> str:
    """Writes a rule with one detection."""
    return (
        "title: A rule\nid: 00000000-0000-4000-8000-0000000000c2\nlevel: low\nlogsource: {category: activity}\n"
        f"detection: {{s: {{{detection}}}, condition: s}}\n"
    )


def reason_of(letter: Outgoing) -> str:
    """Reads why a record is a dead letter."""
    return (dict(letter.headers)[REASON_HEADER] or b"").decode()


def a_distribution(folder: Path, module: str, code: str, entry_points: str, name: str = "acme-plugins") -> Path:
    """Writes an installed distribution: one module, and what it adds."""
    (folder / f"{module}.py").write_text(code)
    information = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text(entry_points)
    return folder


def forget_plugins() -> None:
    """Makes the process look for plug-ins anew."""
    for found in (plugins, plugin_sources, active_sources, named_predicates):
        found.cache_clear()


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Installs a distribution for this test: a module's name and code, and its entry points."""

    def installed(module: str, code: str, entry_points: str, **more: str) -> Path:
        folder = a_distribution(tmp_path, module, code, entry_points, **more)
        monkeypatch.syspath_prepend(str(folder))
        forget_plugins()
        return folder

    yield installed
    monkeypatch.undo()
    forget_plugins()


def test_a_source_of_a_plugin_is_read_like_any_other(install: Install) -> None:
    install("acme_crm_a", CRM, "[mcm.sources]\nacme.crm = acme_crm_a:normalise\n")
    assert "acme.crm" in active_sources()
    payload = {"ref": "c-1", "what": "grant", "who": "mona@example.com", "when": "2026-11-20T12:00:00+00:00"}
    event = normalise({**payload, "to": "omar@example.com", "role": "admin"}, "acme.crm", "x")
    assert (event.id, event.event_type, event.timestamp) == ("c-1", "permission_changed", NOON)
    (match,) = [one for one in load_active_rules().match(event) if one.rule.raises_finding]
    assert match.rule.name == "role_escalated_to_admin"


def test_a_record_a_plugin_refuses_or_stumbles_over_is_a_dead_letter_and_its_neighbours_are_not(
    install: Install,
) -> None:
    install("acme_crm_b", CRM, "[mcm.sources]\nacme.crm = acme_crm_b:normalise\n")
    header = (("source", b"acme.crm"),)
    records = [
        ARecord(b'{"what": "view"}', headers=header),
        ARecord(b'{"when": "2026-11-20T12:00:00Z"}', headers=header),
        ARecord(an_event_payload()),
    ]
    batch = Matcher(parse_rules(RULE), Topics(), 1_000_000).decode(records)
    assert [reason_of(letter) for letter in batch.dead] == [
        "a CRM record needs when",
        "the plug-in 'acme.crm' (mcm.sources: acme_crm_b:normalise of acme-plugins) failed: KeyError: 'what'",
    ]
    assert len(batch.events) == 1


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        ("replace(event, source='acme.other')", "of the source 'acme.other', not 'acme.crm'"),
        ("replace(event, id='other')", "whose uid is not event_uid(source, id)"),
        ("replace(event, id=5)", "or whose id is no text"),
        ("replace(event, user=5)", "whose user is neither None nor a text"),
        ("replace(event, timestamp=event.timestamp.replace(tzinfo=None))", "whose timestamp is not in UTC"),
        ("replace(event, event_type='two words')", "of the type 'two words'"),
        ("replace(event, attributes={'a': {1}})", "whose raw_data or attributes is not JSON"),
        ("replace(event, attributes={'a': chr(0)})", "with a NUL character"),
        ("replace(event, raw_data=[])", "whose raw_data or attributes is no dict"),
        ("{}", "of the type dict, not SourceEvent"),
    ],
)
def test_an_event_that_is_none_is_refused_with_the_name_of_its_plugin(install: Install, made: str, reason: str) -> None:
    module = f"acme_crm_{abs(hash(made))}"
    code = (
        f"{CRM}\n\ndef other(payload, fallback_id):\n    event = normalise(payload, fallback_id)\n    return {made}\n"
    )
    install(module, f"from dataclasses import replace\n{code}", f"[mcm.sources]\nacme.crm = {module}:other\n")
    payload = {"what": "view", "who": "mona@example.com", "when": "2026-11-20T12:00:00Z"}
    with pytest.raises(PoisonEventError, match=r"the plug-in 'acme.crm' .* made an event ") as caught:
        normalise(payload, "acme.crm", "x")
    assert reason in caught.value.reason


def test_rules_use_the_predicates_of_plugins(install: Install) -> None:
    code = "def even(text):\n    return len(text) % 2 == 0\n\n\ndef loud(text):\n    return text.isupper()\n"
    install("acme_words", code, "[mcm.predicates]\neven = acme_words:even\nloud = acme_words:loud\n")
    either = parse_rules(a_rule("word|predicate: [even, loud]"))
    both = parse_rules(a_rule("word|predicate|all: [even, loud]"))
    words = ["ab", "ABC", "abc", "AB", ["abc", "AB"], 12, None]
    assert [bool(either.match(an_event(word=word))) for word in words] == [True, True, False, True, True, True, False]
    assert [bool(both.match(an_event(word=word))) for word in words] == [False, False, False, True, True, False, False]
    assert not either.match(an_event())


@pytest.mark.parametrize(
    ("detection", "reason"),
    [
        ("word|predicate: evne", "the predicate 'evne' is not known, did you mean 'even'?; known are even"),
        ("word|predicate: 5", "does not go with 5"),
        ("word|contains|predicate: even", "goes right behind the name of a field"),
    ],
)
def test_a_predicate_that_is_not_known_is_a_mistake_in_the_rule(install: Install, detection: str, reason: str) -> None:
    install("acme_even", "def even(text):\n    return True\n", "[mcm.predicates]\neven = acme_even:even\n")
    with pytest.raises(RuleLoadError) as caught:
        parse_rules(a_rule(detection))
    assert "rule.yml:5: detection.s.word|" in str(caught.value)
    assert reason in str(caught.value)


def test_an_event_that_a_predicate_stumbles_over_is_a_dead_letter(install: Install) -> None:
    code = "def small(text):\n    return len(text) < 9 or 0 > 1 / (len(text) - 11)\n"
    install("acme_small", code, "[mcm.predicates]\nsmall = acme_small:small\n")
    matcher = Matcher(parse_rules(a_rule("word|predicate: small")), Topics(), 1_000_000)
    batch = matcher.decode([ARecord(an_event_payload(word="x" * 11)), ARecord(an_event_payload(word="x" * 8))])
    assert [len(one.matches) for one in batch.events] == [1]
    assert reason_of(batch.dead[0]).endswith("of acme-plugins) failed: ZeroDivisionError: division by zero")


async def test_the_tests_of_a_rule_notice_a_predicate_that_remembers(install: Install) -> None:
    code = "seen = set()\n\ndef new(text):\n    known = text in seen\n    if text == 'word':\n        seen.add(text)\n"
    install("acme_new", f"{code}    return not known\n", "[mcm.predicates]\nnew = acme_new:new\n")
    tests = "tests:\n  - {name: once, events: [{event_type: x, raw_data: {word: word}}], expect: [{severity: low}]}\n"
    ruleset = parse_rules(a_rule("word|predicate: new") + tests)
    ((test,),) = [verdict.tests async for verdict in run_rule_tests(ruleset, ruleset.all)]
    assert test.differences == ("with each event twice the findings are others: 0 instead of 1",)


def test_a_package_of_rules_is_a_pack(install: Install, tmp_path: Path) -> None:
    pack = tmp_path / "acme_pack"
    (pack / "rules").mkdir(parents=True)
    code = (
        "from pathlib import Path\nPATH = Path(__file__).parent / 'rules'\n\ndef both():\n    return PATH, str(PATH)\n"
    )
    (pack / "__init__.py").write_text(code)
    (pack / "rules" / "crm.yml").write_text(a_rule("event_type: x"))
    points = "[mcm.rules]\nwhole = acme_pack\npath = acme_pack:PATH\nboth = acme_pack:both\n"
    install("unused_pack", "", points)
    assert active_packs() == [pack / "rules", pack / "rules", pack / "rules", pack]
    assert "a_rule" in [rule.name for rule in load_active_rules().rules]


@pytest.mark.parametrize(
    ("group", "name", "code", "reason"),
    [
        ("sources", "acme.crm", "raise RuntimeError('no licence')", "cannot be loaded: RuntimeError: no licence"),
        ("sources", "acme.crm", "import not_there_at_all", "cannot be loaded: ModuleNotFoundError"),
        ("sources", "acme.crm", "other = 1", "cannot be loaded: AttributeError"),
        ("sources", "acme.crm", "thing = 5", "is neither a Source nor a function that takes a payload"),
        ("sources", "acme crm", "def thing(payload, fallback_id): ...", "must be named like its source"),
        ("predicates", "even", "thing = 5", "is no function of a text"),
        ("predicates", "even", "def thing(text): return None", "answers None and None for the text ''"),
        ("predicates", "even", "def thing(text): return int(text) > 0", "fails for the text '' (ValueError"),
        ("predicates", "even", "import itertools\nn = itertools.count()\ndef thing(text): return next(n) % 2 == 0",
         "answers True and False for the text ''"),
        ("rules", "pack", "thing = 5", "is neither a package, nor a path"),
        ("rules", "pack", "thing = '/not/there'", "names what is not there: /not/there"),
        ("rules", "pack", "def thing(): raise OSError('no disk')", "fails when it is called: OSError: no disk"),
    ],
)  # fmt: skip
def test_a_plugin_that_cannot_be_used_stops_the_start_and_is_named(
    install: Install, group: str, name: str, code: str, reason: str
) -> None:
    module = f"acme_broken_{abs(hash((name, code)))}"
    install(module, code, f"[mcm.{group}]\n{name} = {module}:thing\n")
    with pytest.raises(ConfigurationError) as caught:
        load_active_rules()
    assert str(caught.value).startswith(f"the plug-in {name!r} (mcm.{group}: {module}:thing of acme-plugins) ")
    assert reason in str(caught.value)
    assert str(caught.value).endswith("; mend it, or uninstall its distribution")


def test_two_plugins_do_not_share_a_name(install: Install) -> None:
    code = "def thing(text):\n    return True\n"
    install("acme_one", code, "[mcm.predicates]\neven = acme_one:thing\n", name="acme-one")
    install("acme_two", code, "[mcm.predicates]\neven = acme_two:thing\n", name="acme-two")
    with pytest.raises(ConfigurationError, match=r"of acme-two\) has the name of .* of acme-one\)"):
        load_active_rules()


@pytest.mark.parametrize("name", ["aws.cloudtrail", "canonical"])
def test_a_plugin_does_not_take_the_place_of_a_source_of_the_product(install: Install, name: str) -> None:
    module = f"acme_taken_{name[:3]}"
    install(module, "def thing(payload, fallback_id): ...", f"[mcm.sources]\n{name} = {module}:thing\n")
    with pytest.raises(ConfigurationError, match=f"cannot bring the source '{name}'"):
        load_active_rules()


def test_the_command_finds_what_a_plugin_brings(tmp_path: Path) -> None:
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "crm.yml").write_text(RULE)
    folder = a_distribution(
        tmp_path,
        "acme_all",
        f"{CRM}\nRULES = {str(tmp_path / 'pack')!r}\n",
        "[mcm.rules]\nacme = acme_all:RULES\n[mcm.sources]\nacme.crm = acme_all:normalise\n",
    )
    records = [
        {"ref": "c-1", "what": "export", "who": "mona@example.com", "when": "2026-11-20T12:00:00Z"},
        {"ref": "c-2", "what": "view", "who": "mona@example.com", "when": "2026-11-20T12:00:00Z"},
    ]
    ran = subprocess.run(
        [str(COMMANDS / "mcm-rules-engine"), "scan", "-", "--source", "acme.crm", "--format", "json"],
        input="\n".join(map(json.dumps, records)),
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ran.stderr == "2 events, 1 finding\n"
    (finding,) = map(json.loads, ran.stdout.splitlines())
    assert (finding["rule_name"], finding["event_ids"]) == ("crm_export", ["c-1"])
