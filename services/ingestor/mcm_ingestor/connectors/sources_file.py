"""The file sources.yml: which sources are read, with secrets from environment variables."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, get_args

import yaml
from pydantic import SecretStr, ValidationError
from yamlcore import CCoreLoader  # type: ignore[import-untyped]

from mcm_ingestor.connectors.protocol import ConnectorType
from mcm_ingestor.connectors.registry import connector_types
from mcm_ingestor.connectors.settings import SourceSettings
from mcm_shared.errors import ConfigurationError
from mcm_shared.suggestions import close_to

_REFERENCE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,60}")
_MAX_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ConfiguredSource:
    """A source of sources.yml: its name there, its connector, and its settings."""

    name: str
    type: ConnectorType
    settings: SourceSettings


def read_sources(path: Path, environment: Mapping[str, str]) -> list[ConfiguredSource]:
    """Reads the file; raises ConfigurationError with every mistake and what to change."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ConfigurationError(f"{path} is larger than {_MAX_BYTES:,} bytes")
        document = yaml.load(path.read_text(), Loader=CCoreLoader)  # noqa: S506 (builds plain values only)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"{path} cannot be read: {getattr(error, 'strerror', None) or error}; set MCM_SOURCES_PATH"
        ) from None
    except (yaml.YAMLError, RecursionError) as error:
        raise ConfigurationError(f"{path} is not YAML: {error}") from None
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
    model = known[kind].settings
    values = {str(key): _resolved(name, str(key), value, environment, mistakes) for key, value in entry.items()}
    for field in model.model_fields:
        written = entry.get(field)
        if _is_secret(model, field) and isinstance(written, str) and _REFERENCE.fullmatch(written) is None:
            mistakes.append(f"{name}: {field} is a secret; write ${{VARIABLE}} and set it in the environment")
    try:
        return ConfiguredSource(name, known[kind], model.model_validate(values))
    except ValidationError as error:
        for detail in error.errors(include_input=False, include_url=False):
            where = ".".join(str(part) for part in detail["loc"][:2])
            mistakes.append(f"{name}: {where or 'settings'}: {detail['msg'].removeprefix('Value error, ')}")
        return None


def _resolved(name: str, key: str, value: Any, environment: Mapping[str, str], mistakes: list[str]) -> Any:
    match = _REFERENCE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return value
    found = environment.get(match[1])
    if not found:
        mistakes.append(f"{name}: {key}: the environment variable {match[1]} is not set")
    return found or "unset"


def _is_secret(model: type[SourceSettings], field: str) -> bool:
    annotation = model.model_fields[field].annotation
    return annotation is SecretStr or SecretStr in get_args(annotation)
