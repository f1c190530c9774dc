"""Which explainer the settings choose, and what they must not say together."""

from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from mcm_enricher.explainers.choose import make_explainer
from mcm_enricher.settings import EnricherSettings
from mcm_shared.db.engine import create_engine
from mcm_shared.errors import ConfigurationError
from mcm_shared.settings import DatabaseSettings, load_settings
from tests.services import Service


@pytest.fixture
def nowhere() -> AsyncEngine:
    """An engine that nothing is asked of."""
    return create_engine(DatabaseSettings(DATABASE_URL=SecretStr("sqlite:///nowhere.db")))


@pytest.mark.parametrize(
    ("settings", "asks_a_model"),
    [
        ({}, False),
        ({"OPENAI_API_KEY": ""}, False),
        ({"OPENAI_API_KEY": "x"}, True),
        ({"OPENAI_API_KEY": "x", "MCM_AI_EXPLAINER": "heuristic"}, False),
        ({"OPENAI_BASE_URL": "http://127.0.0.1:1/v1", "MCM_AI_EXPLAINER": "heuristic"}, False),
        ({"OPENAI_API_KEY": "x", "MCM_AI_EXPLAINER": "openai"}, True),
        ({"OPENAI_API_KEY": "x", "OPENAI_BASE_URL": "http://127.0.0.1:1/v1", "OPENAI_MODEL": "m"}, True),
    ],
)
async def test_a_model_is_asked_where_there_is_a_key(
    nowhere: AsyncEngine, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], asks_a_model: bool
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)

    explainer = make_explainer(load_settings(EnricherSettings), nowhere)

    assert explainer.free is not asks_a_model
    await explainer.close()


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"MCM_AI_EXPLAINER": "openai"}, "MCM_AI_EXPLAINER=openai needs OPENAI_API_KEY"),
        ({"OPENAI_BASE_URL": "http://127.0.0.1:1/v1"}, "OPENAI_BASE_URL is set and OPENAI_API_KEY is not"),
        ({"OPENAI_API_KEY": "x", "OPENAI_BASE_URL": "http://127.0.0.1:1/v1"}, "OPENAI_MODEL is not"),
        ({"OPENAI_API_KEY": "x", "OPENAI_BASE_URL": "somewhere", "OPENAI_MODEL": "m"}, "OPENAI_BASE_URL:"),
        ({"MCM_AI_REDACT": "some"}, "MCM_AI_REDACT:"),
        ({"MCM_AI_BUDGET_TOKENS_PER_DAY": "-1"}, "MCM_AI_BUDGET_TOKENS_PER_DAY:"),
    ],
)
def test_a_wrong_combination_is_refused_and_says_what_to_change(
    nowhere: AsyncEngine, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], complaint: str
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(ConfigurationError, match=complaint):
        make_explainer(load_settings(EnricherSettings), nowhere)


def test_a_wrong_combination_stops_the_start(run_service: Any) -> None:
    settings = {"DATABASE_URL": "sqlite:///nowhere.db", "OPENAI_BASE_URL": "http://127.0.0.1:1/v1"}

    service: Service = run_service("mcm-enricher", "run", env=settings)

    assert service.wait() == 2
    assert "OPENAI_BASE_URL is set and OPENAI_API_KEY is not" in service.stderr()
