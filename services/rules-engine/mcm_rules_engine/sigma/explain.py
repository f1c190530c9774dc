"""Explanation of a match: the tree of a rule's condition, with the values of the event that each part tests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from sigma.conditions import ConditionAND, ConditionNOT, SigmaCondition
from sigma.modifiers import reverse_modifier_mapping
from sigma.rule import SigmaDetections
from sigma.rule.detection import EmptySigmaDetections, SigmaDetection, SigmaDetectionItem
from sigma.types import SigmaString

from mcm_rules_engine.sigma.compile.conditions import compile_condition
from mcm_rules_engine.sigma.compile.fields import EventView, Space, canonical_json, field_getter, text_of
from mcm_rules_engine.sigma.feeds import counted_rules
from mcm_rules_engine.sigma.model.rule import Rule
from mcm_rules_engine.sigma.model.ruleset import Ruleset
from mcm_rules_engine.sigma.parse.detections import DetectionReader
from mcm_rules_engine.sigma.parse.documents import Document, parse_documents
from mcm_rules_engine.sigma.parse.metadata import Reader
from mcm_shared.contracts.events import SourceEvent

MAX_VALUES: Final = 20
"""Values of a field, and of a rule's list for it, that are shown."""

NodeKind = Literal["all", "any", "not", "selection", "field", "keywords"]


@dataclass(frozen=True, slots=True)
class ConditionNode:
    """A part of a condition, and whether it holds for the event.

    A ``selection`` has a ``name``. A ``field`` has its path, its modifiers (``contains`` …), the values that the rule
    expects and those that the event has, at most MAX_VALUES of each; ``keywords`` expect values anywhere in the event.
    """

    kind: NodeKind
    holds: bool
    name: str = ""
    modifiers: tuple[str, ...] = ()
    expected: tuple[str, ...] = ()
    actual: tuple[str, ...] = ()
    children: tuple["ConditionNode", ...] = ()


def explain_finding(ruleset: Ruleset, rule_id: str, event: SourceEvent) -> list[tuple[Rule, ConditionNode]]:
    """Explains why an event raised a finding of a rule; of a correlation, by the rules that it counts.

    Empty where the active rules do not match the event, as when the rule has changed since.
    """
    explained = [(rule, explain_match(rule, event)) for rule in counted_rules(ruleset, rule_id)]
    return [(rule, node) for rule, node in explained if node is not None]


def explain_match(rule: Rule, event: SourceEvent) -> ConditionNode | None:
    """Explains why a rule matches an event; None where it does not."""
    view = EventView(event)
    document = next(parse_documents(rule.yaml, rule.path), None)
    if not isinstance(document, Document) or not rule.matches(view):
        return None
    definition = DetectionReader(Reader(document), "detection", rule.log_source.space).read()
    explainer = _Explainer(definition, rule.log_source.space, view)
    conditions = definition["condition"] if isinstance(definition["condition"], list) else [definition["condition"]]
    nodes = [explainer.condition(condition) for condition in conditions]
    return nodes[0] if len(nodes) == 1 else _joined("any", nodes)


class _Explainer:
    def __init__(self, definition: Mapping[str, Any], space: Space, view: EventView) -> None:
        self._detections = SigmaDetections.from_dict(dict(definition))
        self._definition = definition
        self._space = space
        self._view = view

    def condition(self, text: str) -> ConditionNode:
        # each detection is replaced by a test of a field of its name, so that the tree keeps the names
        names = {
            name: SigmaDetection([SigmaDetectionItem(name, [], [SigmaString("x")])])
            for name in self._detections.detections
        }
        return self._of_tree(SigmaCondition(text, EmptySigmaDetections(names)).parse())

    def _of_tree(self, tree: Any) -> ConditionNode:
        args = getattr(tree, "args", None)
        if args is None:
            return self._selection(tree.field)
        nodes = [self._of_tree(arg) for arg in args]
        if isinstance(tree, ConditionNOT):
            return ConditionNode("not", holds=not nodes[0].holds, children=(nodes[0],))
        return _joined("all" if isinstance(tree, ConditionAND) else "any", nodes)

    def _selection(self, name: str) -> ConditionNode:
        inner = self._detection(self._detections.detections[name], self._definition[name])
        return ConditionNode("selection", holds=inner.holds, name=name, children=(inner,))

    def _detection(self, detection: SigmaDetection, written: Any) -> ConditionNode:
        parts: Sequence[Any] = list(written.values()) if isinstance(written, dict) else [written]
        if isinstance(written, list) and len(written) == len(detection.detection_items) > 1:
            parts = written
        nodes = [
            self._detection(item, part) if isinstance(item, SigmaDetection) else self._item(item, part)
            for item, part in zip(detection.detection_items, parts, strict=False)
        ]
        return _joined("all" if detection.item_linking is ConditionAND else "any", nodes)

    def _item(self, item: SigmaDetectionItem, written: Any) -> ConditionNode:
        tree = SigmaDetection([item]).postprocess(self._detections)
        holds = compile_condition(tree, self._space)(self._view)
        expected = tuple(_text(value) for value in (written if isinstance(written, list) else [written])[:MAX_VALUES])
        if item.field is None:
            return ConditionNode("keywords", holds=holds, expected=expected)
        return ConditionNode("field", holds, item.field, self._modifiers(item), expected, self._actual(item.field))

    def _actual(self, field: str) -> tuple[str, ...]:
        values = field_getter(self._space, field)(self._view)
        return tuple(dict.fromkeys(_text(value) for value in values if value is not None))[:MAX_VALUES]

    @staticmethod
    def _modifiers(item: SigmaDetectionItem) -> tuple[str, ...]:
        return tuple(reverse_modifier_mapping[modifier.__name__] for modifier in item.modifiers)


def _joined(kind: Literal["all", "any"], nodes: Sequence[ConditionNode]) -> ConditionNode:
    if len(nodes) == 1:
        return nodes[0]
    holds = all(node.holds for node in nodes) if kind == "all" else any(node.holds for node in nodes)
    return ConditionNode(kind, holds=holds, children=tuple(nodes))


def _text(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, dict | list):
        return canonical_json(value)
    return text_of(value) or ""
