"""Incoming webhook of Slack and of chats that accept its format (Mattermost, Rocket.Chat)."""

import html
from collections.abc import Collection
from typing import Any, Final, Literal

import orjson
from pydantic import SecretStr, field_validator, model_validator

from mcm_notifier.channels import Channel, DeliveryError, DeliveryRefusedError
from mcm_notifier.channels.http import AllowedNetwork, WebhookReply, post
from mcm_notifier.channels.webhook import check_url, require_https
from mcm_notifier.messages import Message

_SHORT: Final = 7
"""Characters of a part of a path that can be a word; secrets are longer."""

_RETRIED: Final = ("rate_limited", "ratelimited", "internal_error", "fatal_error", "service_unavailable", "timeout")


class SlackChannel(Channel):
    """Channel of the type ``slack``; the URL is a secret, for it is all that is needed to post."""

    type: Literal["slack"]
    url: SecretStr
    allow: tuple[AllowedNetwork, ...] = ()

    @field_validator("url")
    @classmethod
    def _is_url(cls, url: SecretStr) -> SecretStr:
        check_url(url.get_secret_value())
        return url

    @model_validator(mode="after")
    def _is_encrypted(self) -> Any:
        require_https(self.url.get_secret_value(), self.allow)
        return self

    def secret_parts(self) -> Collection[str]:
        """Lists the parts of the URL's path."""
        path = self.url.get_secret_value().partition("://")[2].partition("/")[2]
        return {part for part in path.replace("?", "/").split("/") if len(part) > _SHORT}

    async def send(self, message: Message) -> str:
        """Posts the message; a response other than ``ok`` is an error, whatever its status."""
        url = self.url.get_secret_value()
        headers = {"webhook-id": str(message.id)}
        reply = await post(url, orjson.dumps(_payload(message)), headers, self.allow)
        _raise_for(reply)
        return str(reply)


def _payload(message: Message) -> dict[str, Any]:
    link = "" if message.url is None else f"\n<{message.url}|Open in the dashboard>"
    blocks: list[dict[str, Any]] = [
        {"type": "section", "text": {"type": "plain_text", "text": each, "emoji": False}}
        for each in (message.title, message.text[:3000])
    ]
    if link:
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": link.strip(), "verbatim": True}})
    # the text is for notifications on phones, and for chats that know no blocks
    text = html.escape(f"{message.title}\n{message.text}", quote=False) + link
    return {"text": text, "blocks": blocks, "unfurl_links": False, "unfurl_media": False}


def _raise_for(reply: WebhookReply) -> None:
    if reply.text == "ok":
        return
    try:
        said = orjson.loads(reply.text)
    except orjson.JSONDecodeError:
        said = None
    if isinstance(said, dict) and said.get("ok") is True:
        return
    reason = f"{reply}; expected ok"
    if any(name in reply.text.lower() for name in _RETRIED):
        raise DeliveryError(reason)
    raise DeliveryRefusedError(reason)
