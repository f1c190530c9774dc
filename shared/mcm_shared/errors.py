"""The errors of the product, named after what happens next.

McmError
├── PoisonEventError        this record can never be processed → dead-letter it with its reason and go on
├── DataRefusedError        the database refuses a row → find which one, dead-letter it and go on
├── PositionGoneError       a topic no longer holds what comes after a position → read the state afresh, go on from now
├── TransientError          a dependency is down or slow → back off, commit nothing, try again
│   ├── DatabaseDownError
│   └── BrokerDownError
└── ConfigurationError      a setting, rule or flag is wrong → stop the start and say what to change (exit 2)
    └── RuleLoadError       a rule file cannot be used → names file, field and construct
"""


class McmError(Exception):
    """The root of every error raised on purpose."""


class PoisonEventError(McmError):
    """Says that a record can never be processed; ``reason`` is a sentence a person understands."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class DataRefusedError(McmError):
    """Says that the database refuses the data of a transaction, whoever tries."""


class PositionGoneError(McmError):
    """Says that a topic no longer holds what comes after a position in it."""


class TransientError(McmError):
    """Says that a dependency is down or slow: back off, commit nothing, try again."""


class DatabaseDownError(TransientError):
    """Says that the database did not answer."""


class BrokerDownError(TransientError):
    """Says that Kafka did not answer."""


class ConfigurationError(McmError):
    """Says that a setting, rule or flag is wrong and what to change."""


class RuleLoadError(ConfigurationError):
    """Says which rule file, field and construct cannot be used, and why."""
