"""Dependencies of the routes of webhooks."""

from typing import Annotated

from fastapi import Depends, Request

from mcm_api.http.state import part_of, provided
from mcm_api.http.webhook_secrets import WebhookSecrets
from mcm_api.resources.broker import BrokerDep
from mcm_api.webhooks.receiver import WebhookReceiver

WebhookSecretsDep = Annotated[WebhookSecrets, Depends(provided(WebhookSecrets))]
"""Gives a route the secrets of webhooks."""


async def _receiver(request: Request, broker: BrokerDep) -> WebhookReceiver:
    broker.require()
    return part_of(request.app, WebhookReceiver)


WebhookReceiverDep = Annotated[WebhookReceiver, Depends(_receiver)]
"""Gives a route what sends deliveries to Kafka; the response is 503 where no Kafka is configured."""
