"""Distributions with plug-ins, for tests: installed in a folder, and found by this process."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import pytest

from mcm_rules_engine.plugins import plugins
from mcm_rules_engine.sigma.compile.plugin_predicates import named_predicates
from mcm_rules_engine.sources import active_sources
from mcm_rules_engine.sources.plugin_sources import plugin_sources


class Install(Protocol):
    """Installs a distribution: a module's name and code, and its entry points."""

    def __call__(self, module: str, code: str, entry_points: str, name: str = "acme-plugins") -> Path:
        """Returns the folder it is installed in."""


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


@contextmanager
def installing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Finds what is installed in a folder for as long as it is open."""

    def install(module: str, code: str, entry_points: str, name: str = "acme-plugins") -> Path:
        a_distribution(folder, module, code, entry_points, name)
        monkeypatch.syspath_prepend(str(folder))
        forget_plugins()
        return folder

    yield install
    monkeypatch.undo()
    forget_plugins()
