"""The file channels.yml: channels, with secrets from environment variables, the routes to them, and reminders."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from mcm_notifier.channels import Channel
from mcm_notifier.channels.apprise_url import AppriseChannel
from mcm_notifier.channels.slack import SlackChannel
from mcm_notifier.channels.webhook import WebhookChannel
from mcm_notifier.routes import Route
from mcm_notifier.settings import NotifierSettings
from mcm_shared.config_files import read_yaml_file, validate_entry
from mcm_shared.contracts.notifications import NotificationChannel, NotifierConfig
from mcm_shared.errors import ConfigurationError
from mcm_shared.suggestions import close_to

CHANNEL_TYPES: Final[Mapping[str, type[Channel]]] = {
    "webhook": WebhookChannel,
    "slack": SlackChannel,
    "apprise": AppriseChannel,
}

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,60}")


@dataclass(frozen=True, slots=True)
class ChannelsFile:
    """Channels and routes by name, and the channels of the reminders of exceptions."""

    channels: Mapping[str, Channel]
    routes: Mapping[str, Route]
    reminders: tuple[str, ...] = ()

    def shown(self) -> NotifierConfig:
        """Describes the file without addresses and secrets."""
        return NotifierConfig(
            channels=[NotificationChannel(name=name, type=each.type) for name, each in self.channels.items()],
            routes=[each.shown(name) for name, each in self.routes.items()],
            reminders=list(self.reminders),
        )


def load_channels(settings: NotifierSettings) -> ChannelsFile:
    """Reads the file of the settings; raises ConfigurationError with every mistake and what to change."""
    return read_channels(settings.channels_path, os.environ)


def read_channels(path: Path, environment: Mapping[str, str]) -> ChannelsFile:
    """Reads a file; raises ConfigurationError with every mistake and what to change."""
    document = read_yaml_file(path, "MCM_CHANNELS_PATH")
    if not isinstance(document, dict) or not {"channels"} <= document.keys() <= {"channels", "routes", "reminders"}:
        raise ConfigurationError(f"{path} must hold the keys channels, routes and, optionally, reminders, and no other")
    mistakes: list[str] = []
    channels = {
        name: channel
        for name, entry in _entries(document, "channels", mistakes).items()
        if (channel := _channel(name, entry, environment, mistakes)) is not None
    }
    routes = {
        name: route
        for name, entry in _entries(document, "routes", mistakes).items()
        if (route := validate_entry(f"routes: {name}", entry, Route, environment, mistakes)) is not None
    }
    known = [str(name) for name in document["channels"] or ()]
    mistakes += [
        f"routes: {name}: channel {route.channel!r} is not under channels{_hint(route.channel, known)}"
        for name, route in routes.items()
        if route.channel not in known
    ]
    reminders = _reminders(document, routes, known, mistakes)
    if mistakes:
        raise ConfigurationError(f"{path} cannot be used:\n  " + "\n  ".join(mistakes))
    return ChannelsFile(channels, routes, reminders)


def _reminders(
    document: Mapping[str, Any], routes: Mapping[str, Route], known: list[str], mistakes: list[str]
) -> tuple[str, ...]:
    """Reads the channels of reminders; without the key it is that of the first route."""
    if "reminders" not in document:
        return tuple(route.channel for route in routes.values())[:1]
    given = document["reminders"]
    names = [given] if isinstance(given, str) else given
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        mistakes.append("reminders: must be a list of channels, such as [soc]; [] for none")
        return ()
    mistakes += [
        f"reminders: {name!r} is not under channels{_hint(name, known)}" for name in names if name not in known
    ]
    return tuple(dict.fromkeys(names))


def _entries(document: Mapping[str, Any], key: str, mistakes: list[str]) -> dict[str, dict[Any, Any]]:
    found = document.get(key) or {}
    if not isinstance(found, dict):
        mistakes.append(f"{key}: must hold settings below names")
        return {}
    entries: dict[str, dict[Any, Any]] = {}
    for name, entry in found.items():
        if _NAME.fullmatch(str(name)) is None:
            mistakes.append(f"{key}: {name}: a name may hold lower-case letters, digits and . _ - only")
        elif not isinstance(entry, dict):
            mistakes.append(f"{key}: {name}: must hold settings")
        else:
            entries[str(name)] = entry
    return entries


def _channel(
    name: str, entry: Mapping[Any, Any], environment: Mapping[str, str], mistakes: list[str]
) -> Channel | None:
    kind = entry.get("type")
    model = CHANNEL_TYPES.get(kind) if isinstance(kind, str) else None
    if model is None:
        mistakes.append(f"channels: {name}: type {kind!r} is unknown{_hint(str(kind), list(CHANNEL_TYPES))}")
        return None
    return validate_entry(f"channels: {name}", entry, model, environment, mistakes)


def _hint(given: str, known: list[str]) -> str:
    closest = close_to(given, known, cutoff=0.6)
    return f"; did you mean {closest}?" if closest else f"; use one of {', '.join(known) or 'those you add there'}"
