"""Chat model on the OpenAI chat completions API: OpenAI, Azure OpenAI, vLLM, Ollama, llama.cpp and others.

The differences between servers are handled here only: response formats (``_Format``) and the name of the parameter that
limits a reply. What a server supports is detected once and cached.
"""

import asyncio
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, Final

import httpx2
import orjson
import structlog
from openai import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AsyncOpenAI,
    DefaultAsyncHttpxClient,
    OpenAIError,
)

from mcm_enricher.model.chat import ModelUnavailableError, Reply, UnusableReplyError
from mcm_enricher.model.explanation import RESPONSE_SCHEMA
from mcm_enricher.model.prompt import Message
from mcm_shared.retry_after import retry_after_s

log = structlog.get_logger()

MAX_OUTPUT_TOKENS: Final = 2000
"""An explanation has about 200; reasoning models need the rest."""

_REPLY_BYTES: Final = 512 * 1024

_LASTING: Final = frozenset({401, 403, 404, 405})
_FORMAT_REFUSED: Final = frozenset({400, 404, 415, 422, 501})
"""Statuses with which servers refuse a response format; 404 is also that of an unknown model."""
_REQUEST_REFUSED: Final = frozenset({400, 413, 422})
_FILTERED: Final = ("content_filter", "content management policy", "content_policy")
"""Words of servers whose content filter rejects a prompt, such as Azure's."""


class _Format(Enum):
    """Ways to make a server follow the schema, best first."""

    JSON_SCHEMA = "json_schema"
    JSON_OBJECT = "json_object"
    NOTHING = "nothing"

    def options(self) -> dict[str, Any]:
        """Returns the request parameters."""
        if self is _Format.JSON_SCHEMA:
            schema = {"name": "explanation", "strict": True, "schema": RESPONSE_SCHEMA}
            return {"response_format": {"type": "json_schema", "json_schema": schema}}
        if self is _Format.JSON_OBJECT:
            return {"response_format": {"type": "json_object"}}
        return {}


_FORMATS: Final = tuple(_Format)
_LIMITS: Final = ("max_completion_tokens", "max_tokens")


class OpenAIChat:
    """One model on one server. The SDK's retries are off: the model client retries."""

    max_output_tokens = MAX_OUTPUT_TOKENS

    def __init__(self, *, api_key: str, base_url: str | None, model: str, timeout_s: float) -> None:
        self.name = model
        self._timeout_s = timeout_s
        self._format = _Format.JSON_SCHEMA
        self._has_succeeded = False
        # servers other than OpenAI's know the older name for longer than the newer one
        self._limit = _LIMITS[0] if base_url is None or "openai" in base_url else _LIMITS[1]
        self._client = AsyncOpenAI(
            api_key=api_key,
            base_url=base_url,
            max_retries=0,
            timeout=timeout_s,
            # a redirect would send findings to a server that was not configured
            http_client=DefaultAsyncHttpxClient(follow_redirects=False),
        )

    async def complete(self, messages: Sequence[Message]) -> Reply:
        """Sends one request; when the server does not support a parameter, another one without it.

        Raises ModelUnavailableError and UnusableReplyError as the protocol says.
        """
        form, limit = self._format, self._limit
        while True:
            try:
                reply = await self._send(messages, form, limit)
            except APIStatusError as error:
                # an event may be crafted so that a server refuses it: that says nothing about the other findings
                if _rejects_prompt(error, succeeded_before=self._has_succeeded):
                    raise UnusableReplyError(f"the server refuses the prompt ({error.status_code})") from error
                less = _with_less(error, form, limit)
                if less is None:
                    raise _unavailable(error) from error
                form, limit = less
            else:
                self._has_succeeded = True
                if (form, limit) != (self._format, self._limit):
                    log.info(
                        "model server lacks a feature, using a simpler request",
                        server=str(self._client.base_url),
                        format=form.value,
                    )
                    self._format, self._limit = form, limit
                return reply

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.close()

    async def _send(self, messages: Sequence[Message], form: _Format, limit: str) -> Reply:
        request: Any = {
            "model": self.name,
            "messages": list(messages),
            limit: MAX_OUTPUT_TOKENS,
            **form.options(),
        }
        try:
            # the SDK's timeout is for each read: a server that sends a byte a second would never end
            async with asyncio.timeout(self._timeout_s):
                async with self._client.chat.completions.with_streaming_response.create(**request) as response:
                    body = bytearray()
                    async for chunk in response.iter_bytes():
                        body += chunk
                        if len(body) > _REPLY_BYTES:
                            raise UnusableReplyError("the reply is far too long", *_worst(messages))
        except (APITimeoutError, TimeoutError) as error:
            raise ModelUnavailableError(f"no reply within {self._timeout_s:g} s", cost_unknown=True) from error
        except APIStatusError:
            raise
        except APIConnectionError as error:
            raise ModelUnavailableError(
                f"the connection failed: {error.__cause__ or error}", cost_unknown=True
            ) from error
        except OpenAIError as error:
            raise ModelUnavailableError(f"the request failed: {error}") from error
        except (httpx2.HTTPError, OSError) as error:
            raise ModelUnavailableError(
                f"the connection failed: {error or type(error).__name__}", cost_unknown=True
            ) from error
        return _read_reply(bytes(body))


def _rejects_prompt(error: APIStatusError, *, succeeded_before: bool) -> bool:
    if error.status_code not in _REQUEST_REFUSED:
        return False
    said = error.message.lower()
    if any(word in said for word in _FILTERED):
        return True
    return succeeded_before and not any(word in said for word in ("response_format", "json_schema", *_LIMITS))


def _with_less(error: APIStatusError, form: _Format, limit: str) -> tuple[_Format, str] | None:
    """Returns a simpler request after a server refused one; None when there is none."""
    if error.status_code not in _FORMAT_REFUSED:
        return None
    said = error.message
    if limit in said and limit == _LIMITS[0]:
        return form, _LIMITS[1]
    if limit in said and _LIMITS[0] in said:
        return form, _LIMITS[0]
    following = _FORMATS.index(form) + 1
    return (_FORMATS[following], limit) if following < len(_FORMATS) else None


def _unavailable(error: APIStatusError) -> ModelUnavailableError:
    status = error.status_code
    return ModelUnavailableError(
        f"the server responds with {status}",
        retry_after_s=_retry_after(error.response.headers),
        lasting=status in _LASTING or status in _FORMAT_REFUSED or status // 100 == 3,
    )


def _retry_after(headers: Mapping[str, str]) -> float | None:
    try:
        # Azure and OpenAI send milliseconds too
        return max(0.0, float(headers["retry-after-ms"]) / 1000)
    except (KeyError, ValueError):
        pass
    return retry_after_s(headers)


def _worst(messages: Sequence[Message]) -> tuple[int, int]:
    return sum(len(message["content"]) for message in messages) // 3, MAX_OUTPUT_TOKENS


def _read_reply(body: bytes) -> Reply:
    try:
        reply = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise ModelUnavailableError("the server's response is not JSON", cost_unknown=True) from None
    usage = _part(reply, "usage")
    tokens = _count(usage, "prompt_tokens"), _count(usage, "completion_tokens")
    choices = reply.get("choices") if isinstance(reply, dict) else None
    if not isinstance(choices, list) or not choices:
        raise ModelUnavailableError("the server's response has no choices", cost_unknown=True)
    message = _part(choices[0], "message")
    if message.get("refusal"):
        raise UnusableReplyError("the model refuses the request", *tokens)
    finish = choices[0].get("finish_reason")
    if finish in ("length", "content_filter"):
        raise UnusableReplyError(f"the reply was cut off ({finish})", *tokens)
    text = message.get("content")
    if isinstance(text, list):
        # parts, where a server separates reasoning from the reply
        text = "".join(_text_of(part) for part in text)
    if not isinstance(text, str) or not text.strip():
        raise UnusableReplyError("the reply is empty", *tokens)
    return Reply(text, *tokens)


def _text_of(part: Any) -> str:
    text = part.get("text") if isinstance(part, dict) and part.get("type") == "text" else None
    return text if isinstance(text, str) else ""


def _part(value: Any, name: str) -> dict[str, Any]:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _count(usage: dict[str, Any], name: str) -> int:
    count = usage.get(name)
    return min(max(count, 0), 10_000_000) if isinstance(count, int) else 0
