"""channels.yml: what may stand in it, and what is said of mistakes."""

from pathlib import Path

import pytest

from mcm_notifier.channels.slack import SlackChannel
from mcm_notifier.channels_file import ChannelsFile, read_channels
from mcm_notifier.routes import When
from mcm_notifier.testing.delivering import SECRET
from mcm_shared.contracts.findings import Severity
from mcm_shared.errors import ConfigurationError

ENVIRONMENT = {
    "SLACK_URL": "https://hooks.slack.example.com/services/T0/B0/x",
    "HOOK_SECRET": SECRET,
    "MAIL_URL": "mailto://127.0.0.1:25?from=monitor@example.com&to=soc@example.com",
    "WEAK": "whsec_c2hvcnQ=",
    "JSON_URL": "jsons://internal.example.com/hook",
    "ODD_URL": "carrier-pigeon://roof",
}

CHANNELS = """
channels:
  soc: {type: slack, url: "${SLACK_URL}"}
  tickets: {type: webhook, url: "https://tickets.example.com/hook", secret: "${HOOK_SECRET}"}
  mail: {type: apprise, url: "${MAIL_URL}"}
"""
HOOK = 'channels:\n  a: {type: webhook, url: "https://example.com/h", secret: "${HOOK_SECRET}"}\n'


@pytest.fixture
def read(tmp_path: Path) -> object:
    def read_text(text: str) -> ChannelsFile:
        path = tmp_path / "channels.yml"
        path.write_text(text)
        return read_channels(path, ENVIRONMENT)

    return read_text


def test_reminders_go_to_the_channels_named_or_to_that_of_the_first_route(read) -> None:  # type: ignore[no-untyped-def]
    routes = "routes: {first: {channel: mail}, second: {channel: soc}}\n"

    assert read(CHANNELS + routes).reminders == ("mail",)
    assert read(CHANNELS + routes + "reminders: soc\n").reminders == ("soc",)
    assert read(CHANNELS + routes + "reminders: [soc, tickets, soc]\n").reminders == ("soc", "tickets")
    assert read(CHANNELS + routes + "reminders: []\n").reminders == ()
    assert read(CHANNELS).reminders == ()


def test_what_others_see_of_the_file_holds_no_secret_and_no_address(read) -> None:  # type: ignore[no-untyped-def]
    quiet = '{from: "22:00", to: "07:00", zone: Europe/Berlin}'
    shown = read(CHANNELS + f"routes: {{all: {{channel: soc, filter: {{severity: high}}, quiet: {quiet}}}}}\n").shown()

    assert [(each.name, each.type) for each in shown.channels][:2] == [("soc", "slack"), ("tickets", "webhook")]
    [route] = shown.routes
    assert route.filter == {"severity": ["high"]}
    assert route.model_dump(mode="json")["quiet"] == {"from": "22:00", "to": "07:00", "zone": "Europe/Berlin"}
    text = shown.model_dump_json()
    assert not [
        each for each in ("hooks.slack", "T0/B0", SECRET, "tickets.example.com/hook", "127.0.0.1") if each in text
    ]


def test_channels_and_routes_are_read(read) -> None:  # type: ignore[no-untyped-def]
    found = read(
        CHANNELS
        + """
routes:
  criticals:
    channel: soc
    filter: {severity: critical, rule: [bucket_made_public], risk_min: 70}
    quiet: {from: "22:00", to: "07:00", zone: Europe/Berlin}
  report: {channel: mail, when: daily, at: "07:30", zone: Europe/Berlin}
"""
    )

    assert isinstance(found.channels["soc"], SlackChannel)
    criticals, report = found.routes["criticals"], found.routes["report"]
    assert criticals.filter.severity == [Severity.CRITICAL]
    assert criticals.waits_for_score
    assert (report.when, report.at.hour, str(report.zone)) == (When.DAILY, 7, "Europe/Berlin")
    assert not report.waits_for_score
    assert "T0" not in repr(found)
    assert SECRET not in repr(found)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("- a", "must hold the keys channels, routes and, optionally, reminders"),
        ("channels: {}\nroute: {}", "must hold the keys channels, routes and, optionally, reminders"),
        ("channels: [", "is not YAML"),
        ("channels: {A b: {type: slack}}", "A b: a name may hold lower-case letters"),
        ("channels: {a: {type: slak}}", "channels: a: type 'slak' is unknown; did you mean slack?"),
        ("channels: {a: 5}", "channels: a: must hold settings"),
        ("channels: {a: {type: slack, url: 'https://hooks.example.com/x'}}", "url is a secret; write ${VARIABLE}"),
        ("channels: {a: {type: slack, url: '${NO_SUCH}'}}", "the environment variable NO_SUCH is not set"),
        (HOOK.replace("HOOK_SECRET", "WEAK"), "must be whsec_ and 24 to 64 bytes"),
        (HOOK.replace("https:", "http:"), "url must begin with https://"),
        (HOOK.replace("https://", "ftp://"), "must be a URL that begins with https://"),
        (HOOK.replace("//example", "//user@example"), "must hold no user name"),
        (
            HOOK.replace("}\n", ", allow: [x]}\n").replace("${HOOK_SECRET,", "${HOOK_SECRET}"),
            "is no address or network",
        ),
        ("channels: {a: {type: apprise, url: '${JSON_URL}'}}", "use a channel of the type webhook"),
        ("channels: {a: {type: apprise, url: '${ODD_URL}'}}", "apprise does not know the URL"),
        (HOOK + "routes: {r: {channel: b}}", "channel 'b' is not under channels; use one of a"),
        (HOOK + "routes: {r: {channel: a, filter: {severty: critical}}}", "filter.severty: Extra inputs"),
        (HOOK + "routes: {r: {channel: a, filter: {severity: worst}}}", "filter.severity: Input should be"),
        (HOOK + "routes: {r: {channel: a, when: hourly}}", "when: Input should be 'immediately'"),
        (HOOK + "routes: {r: {channel: a, at: '08:00'}}", "at is for routes that send daily"),
        (HOOK + "routes: {r: {channel: a, quiet: {from: '22:00', to: '7', zone: Mars}}}", "'Mars' is no time zone"),
        (HOOK + "routes: {r: {channel: a, quiet: {from: '7:00:05', to: '08:00', zone: UTC}}}", "must be a time of day"),
        (HOOK + "reminders: [b]", "reminders: 'b' is not under channels; use one of a"),
        (HOOK + "reminders: {channel: a}", "reminders: must be a list of channels"),
    ],
)
def test_a_mistake_is_named_with_what_to_change(read, text: str, complaint: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ConfigurationError) as raised:
        read(text)

    assert complaint in str(raised.value)
    assert SECRET not in str(raised.value)
    assert "internal.example.com" not in str(raised.value)


def test_a_variable_that_is_not_set_is_the_only_complaint(read) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ConfigurationError) as raised:
        read("channels: {a: {type: webhook, url: '${NO_SUCH}', secret: '${NONE_EITHER}'}}")

    assert str(raised.value).splitlines()[1:] == [
        "  channels: a: url: the environment variable NO_SUCH is not set",
        "  channels: a: secret: the environment variable NONE_EITHER is not set",
    ]


def test_a_missing_file_names_the_setting(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read: No such file or directory; set MCM_CHANNELS_PATH"):
        read_channels(tmp_path / "none.yml", {})
