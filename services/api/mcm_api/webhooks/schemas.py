"""Responses to webhooks."""

from typing import Annotated

from pydantic import BaseModel, Field


class WebhookAccepted(BaseModel):
    """Number of events that Kafka has acknowledged."""

    accepted: Annotated[int, Field(description="0 for a delivery without events, such as a ping", examples=[1])]


class OktaVerification(BaseModel):
    """Response to the verification challenge of Okta."""

    verification: Annotated[str, Field(description="The challenge of the request")]
