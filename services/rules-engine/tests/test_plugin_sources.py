"""Sources that plug-ins bring by their entry points."""

import pytest

from mcm_rules_engine.active_packs import load_active_rules
from mcm_rules_engine.sigma.load import parse_rules
from mcm_rules_engine.sources import active_sources, normalise
from mcm_rules_engine.testing.distributions import CRM, RULE, Install
from mcm_shared.errors import ConfigurationError, PoisonEventError, RuleLoadError
from mcm_shared.testing.builders import NOON


def test_a_source_of_a_plugin_is_read_like_any_other(install: Install) -> None:
    install("acme_crm_a", CRM, "[mcm.sources]\nacme.crm = acme_crm_a:normalise\n")
    assert "acme.crm" in active_sources()
    payload = {"ref": "c-1", "what": "grant", "who": "mona@example.com", "when": "2026-11-20T12:00:00+00:00"}
    event = normalise({**payload, "to": "omar@example.com", "role": "admin"}, "acme.crm", "x")
    assert (event.id, event.event_type, event.timestamp) == ("c-1", "permission_changed", NOON)
    (match,) = [one for one in load_active_rules().match(event) if one.rule.raises_finding]
    assert match.rule.name == "role_escalated_to_admin"


def test_a_plugin_may_name_its_log_source_and_recognise_its_payloads(install: Install) -> None:
    code = f"""{CRM}

from mcm_rules_engine.sources import Source

SOURCE = Source(
    name="acme.crm",
    log_source=("acme", "customers"),
    payload="one record of the CRM",
    normalise=normalise,
    recognise=lambda payload: "what" in payload and "who" in payload,
)
"""
    install("acme_crm_s", code, "[mcm.sources]\nacme.crm = acme_crm_s:SOURCE\n")
    payload = {"what": "export", "who": "mona@example.com", "when": "2026-11-20T12:00:00+00:00"}
    ruleset = parse_rules(RULE.replace("service: crm", "service: customers"))
    assert len(ruleset.match(normalise(payload, "acme.crm", "x"))) == 1
    assert normalise(payload, None, "x") == normalise(payload, "acme.crm", "x")
    with pytest.raises(RuleLoadError, match="'acme/crm' is not a source of events here"):
        parse_rules(RULE)


@pytest.mark.parametrize(
    ("name", "log_source", "reason"),
    [
        ("acme.other", ("acme", "other"), "is the source 'acme.other'; the entry point must have its name"),
        ("acme.crm", ("okta", "okta"), "have the same log source, okta/okta"),
    ],
)
def test_a_source_with_the_name_or_log_source_of_another_stops_the_start(
    install: Install, name: str, log_source: tuple[str, str], reason: str
) -> None:
    module = f"acme_crm_{name[5:]}_{log_source[0]}"
    code = (
        f"{CRM}\nfrom mcm_rules_engine.sources import Source\n"
        f"SOURCE = Source(name={name!r}, log_source={log_source!r}, payload='', normalise=normalise, recognise=bool)\n"
    )
    install(module, code, f"[mcm.sources]\nacme.crm = {module}:SOURCE\n")
    with pytest.raises(ConfigurationError) as caught:
        active_sources()
    assert reason in str(caught.value)


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


@pytest.mark.parametrize("name", ["aws.cloudtrail", "canonical"])
def test_a_plugin_does_not_take_the_place_of_a_source_of_the_product(install: Install, name: str) -> None:
    module = f"acme_taken_{name[:3]}"
    install(module, "def thing(payload, fallback_id): ...", f"[mcm.sources]\n{name} = {module}:thing\n")
    with pytest.raises(ConfigurationError, match=f"cannot bring the source '{name}'"):
        load_active_rules()
