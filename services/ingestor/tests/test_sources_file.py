"""sources.yml is read with secrets from the environment, and refused with every mistake."""

from pathlib import Path

import pytest

from mcm_ingestor.connectors.registry import connector_types
from mcm_ingestor.connectors.sources_file import read_sources
from mcm_ingestor.testing.loopback import Reply, Request, serving
from mcm_shared.contracts.sources import NATIVE_SOURCES
from mcm_shared.errors import ConfigurationError

from .conftest import Ingestor

OKTA = """\
sources:
  okta:
    connector: okta.system
    url: https://example.okta.com
    token: ${OKTA_TOKEN}
    start_at: 7d
"""


def test_a_source_has_its_settings_and_its_secret(tmp_path: Path) -> None:
    path = tmp_path / "sources.yml"
    path.write_text(OKTA)
    (source,) = read_sources(path, {"OKTA_TOKEN": "s3cret"})
    assert (source.name, source.type.name) == ("okta", "okta.system")
    assert source.settings.token.get_secret_value() == "s3cret"  # type: ignore[attr-defined]
    assert "s3cret" not in repr(source)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "must hold one key, sources"),
        ("sources: {}", "must hold one key, sources"),
        ("sources: [", "is not YAML"),
        ("other: {}\n" + OKTA, "must hold one key, sources"),
        ("sources: {Okta: {connector: okta.system}}", "Okta: a source's name may hold"),
        ("sources: {okta: {connector: okta.sytem}}", "connector 'okta.sytem' is unknown; did you mean okta.system?"),
        ("sources: {okta: {connector: okta.system, url: 'https://a.b'}}", "okta: token: Field required"),
        (OKTA.replace("${OKTA_TOKEN}", "s3cret"), "okta: token is a secret; write ${VARIABLE} and set it"),
        (OKTA.replace("OKTA_TOKEN", "OTHER"), "okta: token: the environment variable OTHER is not set"),
        (OKTA.replace("7d", "soon"), "okta: start_at: write a time (2026-11-20T12:00:00Z) or a duration"),
        (OKTA.replace("7d", "'2026-11-20T12:00:00'"), "okta: start_at: the time has no zone"),
        (OKTA + "    colour: red\n", "okta: colour: the setting is unknown"),
        (OKTA + "    start_a: 1h\n", "okta: start_a: the setting is unknown, did you mean 'start_at'?"),
        (OKTA.replace("https://example.okta.com", "example.okta.com"), "it holds: https://example.okta.com"),
        (
            "sources: {g: {connector: github.audit, token: '${OKTA_TOKEN}'}}",
            "g: settings: set either organization or enterprise",
        ),
        ("sources: {t: {connector: aws.cloudtrail.s3, region: eu-west-1}}", "t: settings: set queue_url for new log"),
        (
            "sources: {t: {connector: aws.cloudtrail.lookup, region: eu-west-1, access_key_id: '${OKTA_TOKEN}'}}",
            "t: settings: set both access_key_id and secret_access_key, or neither",
        ),
        ("sources: {g: {connector: github.events}}", "g: settings: set either token, or app_id"),
    ],
)
def test_a_mistake_stops_the_start_and_says_what_to_change(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "sources.yml"
    path.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        read_sources(path, {"OKTA_TOKEN": "s3cret"})
    assert expected in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read: No such file or directory; set MCM_SOURCES_PATH"):
        read_sources(tmp_path / "none.yml", {})


def test_every_connector_feeds_sources_that_exist_and_is_documented() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "sources.md").read_text()
    for connector in connector_types().values():
        assert set(connector.feeds) <= set(NATIVE_SOURCES)
        assert f"| `{connector.name}` |" in page


def test_check_prints_the_permissions_that_are_granted_and_missing(tmp_path: Path, ingestor: Ingestor) -> None:
    def respond(request: Request) -> Reply:
        granted = request.headers.get("authorization") in ("SSWS good", "Bearer good")
        return Reply([]) if granted else Reply({"message": "Must have admin rights"}, status=403)

    with serving(respond) as url:
        path = tmp_path / "sources.yml"
        path.write_text(
            f"""\
sources:
  okta: {{connector: okta.system, url: "{url}", token: "${{GOOD}}"}}
  github: {{connector: github.audit, api_url: "{url}", organization: example, token: "${{BAD}}"}}
"""
        )
        ended = ingestor("check", MCM_SOURCES_PATH=str(path), GOOD="good", BAD="bad")
    assert ended.returncode == 1
    refused = "the source refuses the credential: HTTP 403: Must have admin rights"
    assert ended.stdout.decode().splitlines() == [
        "okta: granted: read the System Log (okta.logs.read)",
        f"github: missing: read the audit log (read:audit_log): {refused}; check it and its permissions",
    ]
