"""The project's vocabulary: words it does not use, each with the standard term that replaces it."""

import re
from typing import Final

IDENTIFIERS: Final[dict[str, str]] = {
    # correlation
    "Look": "RangeQuery",
    "looks": "range_queries",
    "Looking": "RangeReader",
    "Touches": "AffectedRows",
    "Touched": "AffectedRow",
    "sift": "prefilter",
    "Stretch": "Segment",
    "lacking": "incomplete_input",
    "Fire": "CorrelationHit",
    "Feeds": "SeriesIndex",
    # rules
    "overlay": "pack_overrides",
    "SwitchedOff": "DisabledRules",
    "in_force": "active",
    "OurRules": "RuleCatalogue",
    "RulesInForce": "ActiveRules",
    "in_words": "plain_english",
    "looks_for": "summary",
    "NamedRules": "RuleLinker",
    # findings
    "took_part": "contributing_events",
    "TookPart": "ContributingEvent",
    "Raised": "FindingDelta",
    "state_of": "build_finding",
    # consumer
    "in_hand": "in_flight",
    "InHand": "InFlightBatches",
    "in_the_way": "blocker",
    "let_follow": "the handler's two stages, store and complete",
    "Handover": "RebalanceListener",
    "Collector": "Fetcher",
    "singly": "one_by_one",
    "bookmarks": "committed_offsets",
    "Unreadable": "Undecodable",
    "tell": "publish",
    "told": "published",
    "Tell": "Publish",
    "letters": "dead_letters",
    "Together": "Coalescer",
    "TogetherSender": "CoalescingSender",
    # API
    "Knows": "ActiveRulesDep",
    "Reads": "DatabaseDep",
    "Hub": "Broadcaster",
    "Listener": "Subscriber",
    "greeting": "initial_frames",
    "tell_figures": "publish_summary",
    "remembered": "cached",
    "kept": "cached, or a name for what is retained",
    "wanted": "query, or filter",
    "json_answer": "json_response",
    # enricher
    "Asker": "ModelClient",
    "Patience": "RetryPolicy",
    "reask": "retry_fallbacks",
    "ask_again": "retry_fallbacks",
    "FindingCase": "FindingContext",
    "RuleNotes": "RuleGuidance",
    "harmless": "sanitize",
    "defanged": "defang",
    # general
    "garbage": "gc_tuning",
    "spare_the_collector": "freeze_heap",
    "nets": "mutations",
    "Net": "Mutation",
    "breakable": "disposable_stack",
    # dashboard
    "letIn": "showPending",
    "outgrown": "overflowed",
    "forgotten": "evictedAt",
}
"""Whole identifiers of Python and TypeScript. A prefix ``MOST_`` or ``LEAST_`` is banned too: ``MAX_``, ``MIN_``."""

PHRASES: Final[dict[str, str]] = {
    r"(?<![\"'`/=:@])\b(?:nobody|somebody|whoever|everybody|anybody)\b": "the noun: the caller, the consumer, the user",
    r"\b(?:is|are|was|were|be|been|being) told\b": "is sent, is published, is notified",
    r"\btells? of\b": "publishes, reports",
    r"\bspeaks? to\b": "maps to",
    r"\bin force\b": "active",
    r"\bof the one before\b": "of the previous one",
    r"\bbatch put off\b": "batch deferred, retrying",
    r"\bbrings? events in\b": "ingests events",
    r"\bsecond factors?\b": "MFA",
    r"\blooked at\b": "evaluated, checked, read",
    r"\bgoes on by (?:itself|the)\b": "resumes",
    r"\bwhat comes of it\b": "the result",
    r"\bspares? the collector\b": "freezes the heap",
    r"\bsafety nets?\b": "mutation",
    r"(?-i:\bUnenriched\b)": "Not scored",
    r"\bit names none\b": "no controls mapped",
    r"\bmended\b": "fixed",
    r"\bmade-up\b": "fictional, synthetic",
    r"\bput right\b": "fixed, repaired",
}
"""Regular expressions over comments, docstrings, messages and documents; case is ignored."""

PATTERNS: Final = {re.compile(pattern, re.IGNORECASE): instead for pattern, instead in PHRASES.items()}
