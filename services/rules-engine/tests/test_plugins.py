"""Plug-ins: packs, sources and predicates that other distributions bring by their entry points."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from mcm_local.checkout import COMMANDS
from mcm_rules_engine.active_packs import active_packs, load_active_rules
from mcm_rules_engine.offline.run_rule_tests import run_rule_tests
from mcm_rules_engine.pipeline.decode import Matcher
from mcm_rules_engine.sigma.load import parse_rules
from mcm_rules_engine.testing.distributions import CRM, RULE, Install, a_distribution
from mcm_shared.errors import ConfigurationError, PoisonEventError, RuleLoadError
from mcm_shared.testing.builders import ARecord, an_event, an_event_payload


def a_rule(detection: str) -> str:
    """Writes a rule with one detection."""
    return (
        "title: A rule\nid: 00000000-0000-4000-8000-0000000000c2\nlevel: low\nlogsource: {category: activity}\n"
        f"detection: {{s: {{{detection}}}, condition: s}}\n"
    )


def refusal(matcher: Matcher, record: ARecord) -> str | None:
    """Decodes a record; returns why it is refused, None when it is not."""
    try:
        matcher.decode(record)
    except PoisonEventError as error:
        return error.reason
    return None


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
    matcher = Matcher(parse_rules(RULE), 1_000_000)
    assert [refusal(matcher, record) for record in records] == [
        "a CRM record needs when",
        "the plug-in 'acme.crm' (mcm.sources: acme_crm_b:normalise of acme-plugins) failed: KeyError: 'what'",
        None,
    ]


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
    matcher = Matcher(parse_rules(a_rule("word|predicate: small")), 1_000_000)
    assert len(matcher.decode(ARecord(an_event_payload(word="x" * 8)))[0].matches) == 1
    reason = refusal(matcher, ARecord(an_event_payload(word="x" * 11)))
    assert reason is not None
    assert reason.endswith("of acme-plugins) failed: ZeroDivisionError: division by zero")


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
