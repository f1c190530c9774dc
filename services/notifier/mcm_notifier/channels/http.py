"""HTTP client of webhooks: checked and pinned addresses, no redirects, within limits of time and size."""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Final

import httpx2
from pydantic import BeforeValidator

from mcm_notifier.channels import RETRIED_STATUSES, DeliveryError, DeliveryRefusedError
from mcm_notifier.channels.addresses import Network, may_connect
from mcm_shared.retry_after import retry_after_s

_TIMEOUT_S: Final = 15.0
_MAX_RESPONSE_BYTES: Final = 64 * 1024
_SHOWN: Final = 300
_HTTPS: Final = 443
_HTTP: Final = 80


def _network(value: Any) -> Any:
    try:
        return ipaddress.ip_network(str(value))
    except ValueError:
        raise ValueError(f"{str(value)[:60]!r} is no address or network; write one such as 10.1.2.0/24") from None


AllowedNetwork = Annotated[Any, BeforeValidator(_network)]
"""An address or network that webhooks of a channel may go to, although it is not public."""


@dataclass(frozen=True, slots=True)
class WebhookReply:
    """A response with a status below 300."""

    status: int
    text: str

    def __str__(self) -> str:
        return f"HTTP {self.status}{f': {self.text[:_SHOWN]}' if self.text else ''}"


async def post(url: str, body: bytes, headers: Mapping[str, str], allowed: Collection[Network]) -> WebhookReply:
    """Posts to the address that was checked; raises DeliveryError, or DeliveryRefusedError for good.

    Proxies of the environment are not used: they would resolve the name again.
    """
    target = httpx2.URL(url)
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            address = await _checked_address(target, allowed)
            return await _post(target, address, body, headers)
    except TimeoutError:
        raise DeliveryError(f"{target.host} did not respond within {_TIMEOUT_S:.0f} s") from None


async def _checked_address(target: httpx2.URL, allowed: Collection[Network]) -> str:
    port = target.port or (_HTTPS if target.scheme == "https" else _HTTP)
    try:
        found = await asyncio.get_running_loop().getaddrinfo(target.host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise DeliveryError(f"{target.host} cannot be resolved: {getattr(error, 'strerror', None) or error}") from None
    addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    for address in addresses:
        # one bad address is enough: a name that leads inside is not meant for the outside
        if not may_connect(address, allowed):
            raise DeliveryRefusedError(
                f"{target.host} is {address}, which is not a public address; list it under allow if it is meant"
            )
    return str(addresses[0])


async def _post(target: httpx2.URL, address: str, body: bytes, headers: Mapping[str, str]) -> WebhookReply:
    received = bytearray()
    request_headers = {
        "content-type": "application/json",
        "user-agent": "mcm-notifier",
        **headers,
        "host": target.netloc.decode(),
    }
    try:
        async with (
            httpx2.AsyncClient(
                timeout=_TIMEOUT_S, follow_redirects=False, trust_env=False, verify=_tls_context()
            ) as client,
            client.stream(
                "POST",
                target.copy_with(host=address),
                content=body,
                headers=request_headers,
                extensions={"sni_hostname": target.host},
            ) as response,
        ):
            async for chunk in response.aiter_bytes():
                received += chunk
                if len(received) > _MAX_RESPONSE_BYTES:
                    break
    except (httpx2.HTTPError, httpx2.StreamError, ssl.SSLError) as error:
        raise DeliveryError(f"{target.host} cannot be reached: {str(error) or type(error).__name__}") from None
    reply = WebhookReply(response.status_code, bytes(received[:_MAX_RESPONSE_BYTES]).decode(errors="replace").strip())
    _raise_for(reply, response.headers)
    return reply


def _raise_for(reply: WebhookReply, headers: Mapping[str, str]) -> None:
    if reply.status < httpx2.codes.MULTIPLE_CHOICES:
        return
    if reply.status < httpx2.codes.BAD_REQUEST:
        raise DeliveryRefusedError(f"HTTP {reply.status}: redirects are not followed; write the final URL")
    if reply.status in RETRIED_STATUSES or reply.status >= httpx2.codes.INTERNAL_SERVER_ERROR:
        raise DeliveryError(str(reply), retry_after_s(headers) or 0.0)
    raise DeliveryRefusedError(str(reply))


@cache
def _tls_context() -> ssl.SSLContext:
    # loading the certificates of authorities takes longer than a request
    return httpx2.create_ssl_context()
