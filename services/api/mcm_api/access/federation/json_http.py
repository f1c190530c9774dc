"""JSON of an identity provider over HTTP, within limits of time and size."""

import ssl
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import httpx2
import orjson

from mcm_api.access.federation.errors import ProviderDownError

TIMEOUT_S: Final = 10.0

_MAX_BYTES: Final = 1024 * 1024


@cache
def tls_context() -> ssl.SSLContext:
    """Loads the certificates of authorities once: it takes longer than a request."""
    return httpx2.create_ssl_context()


async def read_json(url: str, headers: Mapping[str, str] | None = None) -> Any:
    """Reads a JSON document; raises ProviderDownError. Redirects are not followed."""
    body = bytearray()
    try:
        async with (
            httpx2.AsyncClient(timeout=TIMEOUT_S, follow_redirects=False, verify=tls_context()) as client,
            client.stream("GET", url, headers={"Accept": "application/json", **(headers or {})}) as response,
        ):
            if response.status_code != httpx2.codes.OK:
                raise ProviderDownError(f"{url} answers with status {response.status_code}")
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > _MAX_BYTES:
                    raise ProviderDownError(f"the response of {url} is larger than 1 MiB")
        return orjson.loads(body)
    except httpx2.HTTPError as error:
        raise ProviderDownError(f"{url} does not respond: {type(error).__name__}") from None
    except orjson.JSONDecodeError:
        raise ProviderDownError(f"the response of {url} is not JSON") from None
