"""Explainer factory: the explainer that the settings select."""

from typing import Final

from mcm_enricher.explainers import RunningExplainer
from mcm_enricher.explainers.heuristic import HeuristicExplainer
from mcm_enricher.explainers.model import ModelExplainer
from mcm_enricher.model.client import ModelClient
from mcm_enricher.settings import EnricherSettings
from mcm_shared.db.engine import AsyncEngine
from mcm_shared.errors import ConfigurationError

_MODEL: Final = "gpt-5.4-mini"


def make_explainer(settings: EnricherSettings, engine: AsyncEngine) -> RunningExplainer:
    """Makes the explainer that the settings name; ``close`` it at the end.

    Raises ConfigurationError for settings that do not go together.
    """
    if settings.explainer == "heuristic":
        return HeuristicExplainer()
    if settings.api_key is None:
        if settings.explainer == "openai":
            raise ConfigurationError(
                "MCM_AI_EXPLAINER=openai needs OPENAI_API_KEY; any text will do for a server that needs none"
            )
        if settings.base_url is not None:
            raise ConfigurationError(
                "OPENAI_BASE_URL is set and OPENAI_API_KEY is not: set it too (any text will do for a server that asks "
                "for none), or set MCM_AI_EXPLAINER=heuristic to use no model"
            )
        return HeuristicExplainer()
    if settings.base_url is not None and settings.model is None:
        raise ConfigurationError("OPENAI_BASE_URL is set and OPENAI_MODEL is not: set it to one of the server's models")
    # imported where it is needed: the SDK takes a third of the start of a service, and most run without a model
    from mcm_enricher.model.openai import OpenAIChat

    model = OpenAIChat(
        api_key=settings.api_key.get_secret_value(),
        base_url=settings.base_url,
        model=settings.model or _MODEL,
        timeout_s=settings.timeout_s,
    )
    client = ModelClient(
        engine, model, concurrency=settings.concurrency, budget=settings.budget, timeout_s=settings.timeout_s
    )
    return ModelExplainer(client, settings.redaction)
