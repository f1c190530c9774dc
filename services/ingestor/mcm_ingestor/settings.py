"""Settings of the ingestor, in addition to the shared ones."""

from mcm_shared.settings import EventSettings


class IngestorSettings(EventSettings):
    """Limits of the ingestor."""
