"""Reading how the pipeline is."""

from mcm_api.pipeline.schemas import DeadLetterFilter, DeadLetterPage, Pipeline, Replayed


async def read_pipeline() -> Pipeline:
    """Reads how the pipeline is."""
    raise NotImplementedError


async def read_letters(wanted: DeadLetterFilter) -> DeadLetterPage:
    """Reads a page of dead letters."""
    raise NotImplementedError


async def replay(partition: int, offset: int) -> Replayed | None:
    """Sends a letter again; None where there is none."""
    raise NotImplementedError
