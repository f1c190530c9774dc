"""Responses to webhooks."""

from typing import Annotated

from pydantic import BaseModel, Field


class WebhookAccepted(BaseModel):
    """How many events of a delivery Kafka has acknowledged."""

    accepted: Annotated[int, Field(description="0 for a delivery without events, such as a ping", examples=[1])]


class OktaVerification(BaseModel):
    """What Okta expects of the owner of an endpoint."""

    verification: Annotated[str, Field(description="The challenge of the request")]
