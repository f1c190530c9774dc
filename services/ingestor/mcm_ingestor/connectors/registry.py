"""Registry of connectors: discovers the files of this package that export a ``ConnectorType``, and plug-ins."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import iter_modules
from types import MappingProxyType
from typing import Final

import mcm_ingestor.connectors as package
from mcm_ingestor.connectors.protocol import ConnectorType
from mcm_shared.errors import ConfigurationError

CONNECTOR_PLUGINS: Final = "mcm.connectors"
"""Group of the entry points by which plug-ins add connectors; the name of an entry point is the connector's."""


@cache
def connector_types() -> Mapping[str, ConnectorType]:
    """Returns all connectors by name; raises ConfigurationError for a plug-in that cannot be used."""
    found = {each.name: each for each in builtin_connectors()}
    for entry_point in entry_points(group=CONNECTOR_PLUGINS):
        try:
            connector = entry_point.load()
        except Exception as error:  # whatever the plug-in raises while it is imported
            raise ConfigurationError(f"the connector plug-in {entry_point.name} cannot be loaded: {error}") from error
        if not isinstance(connector, ConnectorType) or connector.name != entry_point.name:
            raise ConfigurationError(f"the connector plug-in {entry_point.name} must be a ConnectorType of that name")
        if connector.name in found:
            raise ConfigurationError(f"a plug-in cannot bring the connector {connector.name!r}: it exists already")
        found[connector.name] = connector
    return MappingProxyType(dict(sorted(found.items())))


def builtin_connectors() -> list[ConnectorType]:
    """Returns the connectors that the files of this package export."""
    modules = [import_module(f"{package.__name__}.{each.name}") for each in iter_modules(package.__path__)]
    exported = [getattr(module, "CONNECTOR", None) for module in modules]
    return [each for each in exported if isinstance(each, ConnectorType)]
