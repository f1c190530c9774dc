"""All mutations, by the part of the product that they weaken."""

from typing import Final

from tests.mutations.behaviour import BEHAVIOUR
from tests.mutations.connectors import CONNECTORS
from tests.mutations.consumer import CONSUMER
from tests.mutations.correlation import CORRELATION
from tests.mutations.database import DATABASE
from tests.mutations.exceptions import EXCEPTIONS
from tests.mutations.groups import GROUPS
from tests.mutations.limits import LIMITS
from tests.mutations.notifications import NOTIFICATIONS
from tests.mutations.pipeline import PIPELINE
from tests.mutations.recomputed import RECOMPUTED

MUTATIONS: Final = (
    *PIPELINE,
    *CORRELATION,
    *RECOMPUTED,
    *BEHAVIOUR,
    *GROUPS,
    *CONSUMER,
    *CONNECTORS,
    *DATABASE,
    *LIMITS,
    *EXCEPTIONS,
    *NOTIFICATIONS,
)
