"""Channels by apprise URL: e-mail, Teams, Discord, PagerDuty, Opsgenie, ntfy and others."""

import asyncio
import logging
import re
import threading
from typing import Any, Final, Literal

import apprise
from pydantic import SecretStr, field_validator

from mcm_notifier.channels import RETRIED_STATUSES, Channel, DeliveryError, DeliveryRefusedError
from mcm_notifier.messages import Message

_TIMEOUT_S: Final = 60.0
_SHOWN: Final = 300
_STATUS: Final = re.compile(r"error=(\d{3})")
_BY_WEBHOOK: Final = frozenset({"json", "jsons", "xml", "xmls", "form", "forms"})
_DELIVERY_HEADER: Final = "X-MCM-Delivery-Id"
_ASSET: Final = apprise.AppriseAsset(
    app_id="Mini Compliance Monitor",
    app_desc="Mini Compliance Monitor",
    async_mode=False,
    http_redirects=False,
    secure_logging=True,
)


class AppriseChannel(Channel):
    """Channel of the type ``apprise``; the URL holds credentials, so it is a secret."""

    type: Literal["apprise"]
    url: SecretStr

    @field_validator("url")
    @classmethod
    def _is_known(cls, url: SecretStr) -> SecretStr:
        scheme = url.get_secret_value().partition("://")[0].lower()
        if scheme in _BY_WEBHOOK:
            raise ValueError(f"{scheme}:// sends to any address; use a channel of the type webhook")
        if _instance(url) is None:
            raise ValueError("apprise does not know the URL; see its list of services for the format")
        return url

    async def send(self, message: Message) -> str:
        """Sends the message in a thread, for apprise blocks."""
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                return await asyncio.to_thread(_send, self.url, message)
        except TimeoutError:
            raise DeliveryError(f"no response within {_TIMEOUT_S:.0f} s") from None


def _send(url: SecretStr, message: Message) -> str:
    service: Any = _instance(url)
    if isinstance(getattr(service, "headers", None), dict):
        service.headers = {**service.headers, _DELIVERY_HEADER: str(message.id)}
    with _LogOfThread() as log:
        accepted = service.notify(
            body=message.text_with_link, title=message.title, body_format=apprise.NotifyFormat.TEXT
        )
    said = _redacted(" ".join(log.lines), url)[-_SHOWN:]
    if accepted:
        return said or f"accepted by {service.service_name}"
    statuses = [int(each) for each in _STATUS.findall(said)]
    if statuses and 400 <= statuses[-1] < 500 and statuses[-1] not in RETRIED_STATUSES:
        raise DeliveryRefusedError(said)
    raise DeliveryError(said or f"{service.service_name} did not accept the message")


def _instance(url: SecretStr) -> Any:
    with _LogOfThread():
        return apprise.Apprise.instantiate(url.get_secret_value(), asset=_ASSET, suppress_exceptions=True)


def _redacted(text: str, url: SecretStr) -> str:
    parts = {part for part in re.split(r"[/:@?&=]+", url.get_secret_value().partition("://")[2]) if len(part) > 7}
    for part in sorted(parts, key=len, reverse=True):
        text = text.replace(part, "***")
    return text


class _LogOfThread(logging.Handler):
    """Collects what apprise logs in this thread: it is all that apprise says of a response."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: list[str] = []
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps a record of this thread."""
        if record.thread == self._thread:
            self.lines.append(record.getMessage())

    def __enter__(self) -> "_LogOfThread":
        logger = logging.getLogger("apprise")
        logger.propagate = False
        logger.setLevel(logging.INFO)
        logger.addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger("apprise").removeHandler(self)
