"""Puts together the figures of explanations."""

from datetime import UTC, datetime

from mcm_api.database import DatabaseReader
from mcm_api.stats.dependencies import DailyTokenBudget
from mcm_api.stats.queries.figures import count_explained
from mcm_api.stats.schemas import AiFigures, AiUsage, AuthorCount, SourceCounts
from mcm_enricher import stats_ai


async def read_ai_figures(reader: DatabaseReader, budget: DailyTokenBudget) -> AiFigures:
    """Reads who explained how many findings, what people think of it, and what asking models took.

    Raises DatabaseDownError when the database is out of reach or too slow.
    """
    stats = await stats_ai(reader.engine)
    authors = {(one.prompt_version, one.model): AuthorCount.model_validate(one) for one in stats.feedback}
    by_source: dict[str, int] = {}
    for source, version, model, count in await count_explained(reader):
        by_source[source] = by_source.get(source, 0) + count
        author = authors.setdefault((version, model), AuthorCount(prompt_version=version, model=model))
        author.findings += count
    usage = [AiUsage.model_validate(day) for day in stats.usage]
    today = datetime.now(UTC).date()
    return AiFigures(
        explained_by=SourceCounts(**by_source),
        authors=[authors[key] for key in sorted(authors)],
        usage=usage,
        tokens_today=sum(day.tokens for day in usage if day.date == today),
        tokens_per_day=budget.tokens,
    )
