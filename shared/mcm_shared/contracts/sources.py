"""Names of sources: the values of a record's ``source`` header, and the two words that commands add to them."""

from importlib.metadata import entry_points
from typing import Any, Final

from mcm_shared.errors import ConfigurationError, PoisonEventError

NATIVE_SOURCES: Final = (
    "aws.cloudtrail",
    "azure.activity",
    "azure.audit",
    "azure.signin",
    "github.audit",
    "github.events",
    "github.webhook",
    "ocsf",
    "okta.system",
)
"""Sources whose native payloads the product reads. The rules-engine defines each of them in ``sources/``."""

AWS_CLOUDTRAIL: Final = "aws.cloudtrail"
AZURE_ACTIVITY: Final = "azure.activity"
AZURE_AUDIT: Final = "azure.audit"
AZURE_SIGNIN: Final = "azure.signin"
GITHUB_AUDIT: Final = "github.audit"
GITHUB_EVENTS: Final = "github.events"
GITHUB_WEBHOOK: Final = "github.webhook"
OKTA_SYSTEM: Final = "okta.system"
"""Sources that connectors and webhooks send."""

INGESTOR_SOURCE: Final = "mcm.ingestor"
"""Source of the product's own records about its sources; others cannot push events under its name."""

SOURCE_POLLED: Final = "source_polled"
"""Type of the record that a source was read, with the time up to which it is complete."""

CANONICAL: Final = "canonical"
"""For commands: the records are canonical events, which travel without the header."""

ENVELOPE: Final = "envelope"
"""For commands: each record names its own source, ``{"source": …, "payload": {…}}``."""

SOURCE_PLUGINS: Final = "mcm.sources"
"""Group of the entry points by which plug-ins add sources; the name of an entry point is the source's."""


def require_known_source(source: str) -> None:
    """Raises ConfigurationError for a source that is neither native, nor of a plug-in, nor CANONICAL or ENVELOPE."""
    plugged = {entry_point.name for entry_point in entry_points(group=SOURCE_PLUGINS)}
    known = [CANONICAL, ENVELOPE, *sorted({*NATIVE_SOURCES, *plugged})]
    if source not in known:
        raise ConfigurationError(f"unknown --source {source}; use one of {', '.join(known)}")


def open_envelope(record: Any) -> tuple[str | None, Any]:
    """Returns the source (None: canonical) and the payload of a record in an envelope; raises PoisonEventError."""
    if not isinstance(record, dict) or not isinstance(record.get("source"), str) or "payload" not in record:
        raise PoisonEventError('an envelope must be {"source": "<name>", "payload": {…}}')
    source = record["source"]
    return (None if source == CANONICAL else source), record["payload"]
