"""The detection of a rule: checked item by item, then compiled to one predicate."""

import copy
import re
from collections.abc import Iterable
from typing import Any, Final

from sigma.conditions import ConditionOR, SigmaCondition
from sigma.exceptions import SigmaError, SigmaTypeError
from sigma.modifiers import reverse_modifier_mapping
from sigma.rule.detection import EmptySigmaDetections, SigmaDetection, SigmaDetectionItem, SigmaDetections

from mcm_rules_engine.sigma.compile.conditions import Predicate, compile_condition
from mcm_rules_engine.sigma.compile.fields import Space
from mcm_rules_engine.sigma.compile.numbers import with_spelling
from mcm_rules_engine.sigma.compile.patterns import compile_re2
from mcm_rules_engine.sigma.parse.metadata import Reader
from mcm_rules_engine.sigma.parse.modifiers import canonical_key, wrong_with_field, wrong_with_modifiers
from mcm_rules_engine.sigma.unsupported import UnsupportedError
from mcm_shared.suggestions import did_you_mean

Place = tuple[str | int, ...]

_MISSING_DETECTION: Final = re.compile(r"Detection '([^']+)' not defined")
_NESTING: Final = re.compile(r"\(|\bnot\b", re.IGNORECASE)
_MAX_NESTING: Final = 100
_MAX_CONDITION: Final = 10_000
_REFERENCES: Final = frozenset({"fieldref", "differs"})
_WRONG_TYPE: Final = re.compile(r"Modifier (\w+) incompatible")


def condition_tree(detections: SigmaDetections) -> Any:
    """Parses the condition over some detections; several conditions are alternatives."""
    trees: list[Any] = [condition.parse() for condition in detections.parsed_condition]
    return trees[0] if len(trees) == 1 else ConditionOR(trees)


def compile_step(condition: str, detections: SigmaDetections, space: Space) -> Predicate:
    """Compiles another condition over the same detections."""
    return compile_condition(SigmaCondition(condition, detections).parse(), space)


class DetectionReader:
    """Reads the ``detection`` of a rule or the ``filter`` of a filter document, recording every mistake in it."""

    def __init__(self, reader: Reader, key: str, space: Space, other_keys: tuple[str, ...] = ()) -> None:
        self._reader = reader
        self._key = key
        self._space = space
        self._other_keys = ("condition", *other_keys)
        value = reader.document.data.get(key)
        self._names = [name for name in value if name not in self._other_keys] if isinstance(value, dict) else []
        self.fields: set[str] = set()
        """The fields that the detection reads, once it is read."""

    def read(self) -> dict[str, Any]:
        """Returns the detection with modifiers by pySigma's names, for use only when no mistake was recorded."""
        value = self._reader.document.data.get(self._key)
        if not isinstance(value, dict):
            self._reader.wrong((self._key,), "is missing" if value is None else "must be a map with a condition")
            return {}
        if "timeframe" in value:
            self._reader.wrong((self._key, "timeframe"), "belongs to Sigma 1: count events with a correlation")
        if not self._names:
            self._reader.wrong((self._key,), "names no detection beside its condition")
        parsed = {str(name): self._definition(value[name], (self._key, str(name))) for name in self._names}
        condition = value.get("condition")
        if condition is None:
            close = next((key for key in value if did_you_mean(str(key), ["condition"])), None)
            self._reader.wrong((self._key, "condition"), "is missing" + (f"; is {close!r} it?" if close else ""))
        else:
            for each in condition if isinstance(condition, list) else [condition]:
                self.check_condition(each, (self._key, "condition"))
        return parsed | {key: copy.deepcopy(value[key]) for key in self._other_keys if key in value}

    def check_condition(self, condition: Any, at: Place) -> None:
        """Records what is wrong with a condition over this detection."""
        if not isinstance(condition, str):
            self._reader.wrong(at, f"must be a text such as 'selection and not filter', not {condition!r}")
            return
        if len(_NESTING.findall(condition)) > _MAX_NESTING:
            self._reader.wrong(at, "is nested too deeply: name parts of it as detections of their own")
            return
        if len(condition) > _MAX_CONDITION:
            self._reader.wrong(at, f"has {len(condition):,} characters; the limit is {_MAX_CONDITION:,}")
            return
        # the items have been checked already: names are all that a condition needs
        names = {str(name): SigmaDetection([SigmaDetectionItem("field", [], [])]) for name in self._names}
        try:
            SigmaCondition(condition, EmptySigmaDetections(names)).parse()
        except SigmaError as error:
            missing = _MISSING_DETECTION.search(str(error))
            hint = "" if missing is None else did_you_mean(missing[1], names)
            self._reader.wrong(at, f"{condition!r} is refused: {error}{hint}")
        except RecursionError:
            self._reader.wrong(at, "is nested too deeply: name parts of it as detections of their own")

    def _definition(self, value: Any, at: Place) -> Any:
        if isinstance(value, dict | list) and not value:
            self._reader.wrong(at, "is empty")
        if isinstance(value, dict):
            return {canonical_key(str(key)): self._item(str(key), each, (*at, str(key))) for key, each in value.items()}
        if isinstance(value, list) and any(isinstance(each, dict | list) for each in value):
            return [self._definition(each, (*at, number)) for number, each in enumerate(value)]
        return self._item(None, value, at)

    def _item(self, key: str | None, value: Any, at: Place) -> Any:
        values = value if isinstance(value, list) else [value]
        field, *modifiers = (None,) if key is None else canonical_key(key).split("|")
        self.fields.update([field] if field else [])
        refers = not _REFERENCES.isdisjoint(modifiers)
        wrong = [
            *filter(None, [wrong_with_field(field)]),
            *wrong_with_modifiers(modifiers),
            *(_no_value(each, modifiers) for each in values if not _is_value(each, modifiers)),
            *filter(None, [wrong_with_field(each) for each in values if refers and isinstance(each, str)]),
        ]
        if not values and key is not None:
            wrong.append("an empty list matches nothing; write null for a field without a value")
        for what in wrong:
            self._reader.wrong(at, what)
        if isinstance(value, list):
            value = [self._as_written(each, (*at, number), key) for number, each in enumerate(values)]
        else:
            value = self._as_written(value, at, key)
        if values and not wrong:
            self._try(None if key is None else canonical_key(key), value, values if "re" in modifiers else (), at)
        return value

    def _as_written(self, value: Any, at: Place, key: str | None) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return value
        text = self._reader.document.spelling(at)
        # a keyword is searched for as text
        return text if key is None else with_spelling(value, text)

    def _try(self, key: str | None, value: Any, patterns: Iterable[str], at: Place) -> None:
        try:
            for pattern in patterns:
                compile_re2(pattern)
            item = SigmaDetectionItem.from_mapping(key, value)
            compile_condition(item.postprocess(EmptySigmaDetections()), self._space)
        except SigmaTypeError as error:
            modifier = _WRONG_TYPE.search(str(error))
            name = None if modifier is None else reverse_modifier_mapping.get(modifier[1])
            self._reader.wrong(at, _does_not_go(name, value) if name else str(error))
        except (UnsupportedError, SigmaError) as error:
            self._reader.wrong(at, str(error))


def _is_value(value: Any, modifiers: list[str]) -> bool:
    return isinstance(value, str) or ("re" not in modifiers and isinstance(value, int | float | bool | None))


def _does_not_go(modifier: str, value: Any) -> str:
    values = value if isinstance(value, list) else [value]
    hint = (
        "; put numbers in quotes to match them as text" if any(isinstance(each, int | float) for each in values) else ""
    )
    return f"the modifier {modifier!r} does not go with {value!r} here{hint}"


def _no_value(value: Any, modifiers: list[str]) -> str:
    if "re" in modifiers:
        return f"a regular expression must be a text, not {value!r}; put it in quotes"
    return f"a value must be a text, a number, true, false or null, not {value!r}"
