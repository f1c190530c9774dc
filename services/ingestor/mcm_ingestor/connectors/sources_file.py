"""The file sources.yml: which sources are read, with secrets from environment variables."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from mcm_ingestor.connectors.protocol import ConnectorType
from mcm_ingestor.connectors.registry import connector_types
from mcm_ingestor.connectors.settings import SourceSettings
from mcm_shared.config_files import read_yaml_file, validate_entry
from mcm_shared.errors import ConfigurationError
from mcm_shared.suggestions import close_to

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,60}")


@dataclass(frozen=True, slots=True)
class ConfiguredSource:
    """A source of sources.yml: its name there, its connector, and its settings."""

    name: str
    type: ConnectorType
    settings: SourceSettings


def read_sources(path: Path, environment: Mapping[str, str]) -> list[ConfiguredSource]:
    """Reads the file; raises ConfigurationError with every mistake and what to change."""
    document = read_yaml_file(path, "MCM_SOURCES_PATH")
    entries = document.get("sources") if isinstance(document, dict) else None
    if not isinstance(entries, dict) or not entries or document.keys() != {"sources"}:
        raise ConfigurationError(f"{path} must hold one key, sources, with the settings of each source below its name")
    mistakes: list[str] = []
    sources = [_source(str(name), entry, environment, mistakes) for name, entry in entries.items()]
    if mistakes:
        raise ConfigurationError(f"{path} cannot be used:\n  " + "\n  ".join(mistakes))
    return [source for source in sources if source is not None]


def _source(name: str, entry: Any, environment: Mapping[str, str], mistakes: list[str]) -> ConfiguredSource | None:
    if _NAME.fullmatch(name) is None:
        mistakes.append(f"{name}: a source's name may hold lower-case letters, digits and . _ - only")
        return None
    kind = entry.get("connector") if isinstance(entry, dict) else None
    known = connector_types()
    if not isinstance(kind, str) or kind not in known:
        closest = close_to(str(kind), list(known), cutoff=0.6)
        hint = f"did you mean {closest}?" if closest else f"use one of {', '.join(known)}"
        mistakes.append(f"{name}: connector {kind!r} is unknown; {hint}")
        return None
    settings = validate_entry(name, entry, known[kind].settings, environment, mistakes)
    return None if settings is None else ConfiguredSource(name, known[kind], settings)
