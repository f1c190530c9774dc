"""The errors of the product, named after what happens next.

McmError
├── PoisonEventError        a record can never be processed → dead-letter it with the reason
│   ├── PartlyPoisonError   … some entries of a record → dead-letter it, and process the others
│   └── MessageRefusedError Kafka refuses a message for its content → find it in its batch and drop it
├── DataRefusedError        the database refuses a row → find it in its batch and dead-letter it
├── PositionGoneError       a topic no longer holds the records after a position → read the state, continue from now
├── TransientError          a dependency is down or slow → back off, commit nothing, retry
│   ├── DatabaseDownError
│   └── BrokerDownError
└── ConfigurationError      a setting, rule or flag is wrong → stop the start and say what to change (exit 2)
    └── RuleLoadError       a rule file cannot be used → name file, field and construct
"""


class McmError(Exception):
    """The root of every error raised on purpose."""


class PoisonEventError(McmError):
    """A record can never be processed; ``reason`` is a sentence for people."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class PartlyPoisonError(PoisonEventError):
    """A record delivers several entries, of which some can never be processed; ``decoded`` is the rest."""

    def __init__(self, reason: str, decoded: object) -> None:
        super().__init__(reason)
        self.decoded = decoded


class MessageRefusedError(PoisonEventError):
    """Kafka refuses a message for its content, such as its size."""


class DataRefusedError(McmError):
    """The database refuses the data of a transaction; a retry would fail too."""


class PositionGoneError(McmError):
    """A topic no longer holds the records after a position."""


class TransientError(McmError):
    """A dependency is down or slow: back off, commit nothing, retry."""


class DatabaseDownError(TransientError):
    """The database does not respond, or cannot do its work now."""


class BrokerDownError(TransientError):
    """Kafka does not respond, or cannot do its work now."""


class ConfigurationError(McmError):
    """A setting, rule or flag is wrong; the message says what to change."""


class RuleLoadError(ConfigurationError):
    """A rule file cannot be used; the message names file, field and construct."""
