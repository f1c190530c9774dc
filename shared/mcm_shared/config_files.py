"""Configuration files in YAML, with secrets from environment variables."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, TypeVar, get_args

import yaml
from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_core import ErrorDetails
from yamlcore import CCoreLoader  # type: ignore[import-untyped]

from mcm_shared.errors import ConfigurationError
from mcm_shared.suggestions import did_you_mean

ModelT = TypeVar("ModelT", bound=BaseModel)

_REFERENCE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_MAX_BYTES: Final = 1024 * 1024
_UNSET: Final = object()


def read_yaml_file(path: Path, variable: str) -> Any:
    """Reads a YAML 1.2 file of plain values; ``variable`` is the setting that names it. Raises ConfigurationError."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ConfigurationError(f"{path} is larger than {_MAX_BYTES:,} bytes")
        return yaml.load(path.read_text(), Loader=CCoreLoader)  # noqa: S506 (builds plain values only)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"{path} cannot be read: {getattr(error, 'strerror', None) or error}; set {variable}"
        ) from None
    except (yaml.YAMLError, RecursionError) as error:
        raise ConfigurationError(f"{path} is not YAML: {error}") from None


def validate_entry(
    name: str, entry: Mapping[Any, Any], model: type[ModelT], environment: Mapping[str, str], mistakes: list[str]
) -> ModelT | None:
    """Validates the settings of one entry, with values for its ``${VARIABLE}`` references.

    A secret must be such a reference. Appends what is wrong to ``mistakes``, and returns None then.
    """
    before = len(mistakes)
    values = {str(key): _resolved(name, str(key), value, environment, mistakes) for key, value in entry.items()}
    unset = {key for key, value in values.items() if value is _UNSET}
    for field in model.model_fields:
        written = entry.get(field)
        if _is_secret(model, field) and isinstance(written, str) and _REFERENCE.fullmatch(written) is None:
            mistakes.append(f"{name}: {field} is a secret; write ${{VARIABLE}} and set it in the environment")
    try:
        validated = model.model_validate(values)
    except ValidationError as error:
        for detail in error.errors(include_input=False, include_url=False):
            # that a variable is not set is reported, and says all about its setting
            if detail["loc"][:1] and detail["loc"][0] in unset:
                continue
            where = ".".join(str(part) for part in detail["loc"][:2])
            mistakes.append(f"{name}: {where or 'settings'}: {_what_is_wrong(model, detail)}")
        return None
    return validated if len(mistakes) == before else None


def _what_is_wrong(model: type[BaseModel], detail: ErrorDetails) -> str:
    """Says what is wrong with a setting, and what to write: the setting that was meant, or what the setting holds."""
    said = detail["msg"].removeprefix("Value error, ")
    if len(detail["loc"]) != 1:
        return said
    name = str(detail["loc"][0])
    if detail["type"] == "extra_forbidden":
        return f"the setting is unknown{did_you_mean(name, model.model_fields)}"
    described = model.model_fields[name].description if name in model.model_fields else None
    return f"{said}; it holds: {described}" if detail["type"] == "string_pattern_mismatch" and described else said


def _resolved(name: str, key: str, value: Any, environment: Mapping[str, str], mistakes: list[str]) -> Any:
    match = _REFERENCE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return value
    found = environment.get(match[1])
    if not found:
        mistakes.append(f"{name}: {key}: the environment variable {match[1]} is not set")
    return found or _UNSET


def _is_secret(model: type[BaseModel], field: str) -> bool:
    annotation = model.model_fields[field].annotation
    return annotation is SecretStr or SecretStr in get_args(annotation)
