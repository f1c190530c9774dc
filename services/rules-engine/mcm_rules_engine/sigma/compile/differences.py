"""The modifier ``differs``: some value of a field is none of the values of another field."""

from sigma.exceptions import SigmaValueError
from sigma.modifiers import SigmaValueModifier, modifier_mapping, reverse_modifier_mapping
from sigma.types import SigmaFieldReference, SigmaString


class SigmaDifference(SigmaFieldReference):
    """A reference to the field whose values are excluded.

    ``not`` with ``fieldref`` says less: it leaves out a snapshot shared with two accounts, of which one is the own.
    """


class DiffersModifier(SigmaValueModifier[SigmaString, SigmaDifference]):
    """Takes the value of a detection as the name of the other field."""

    def modify(self, val: SigmaString) -> SigmaDifference:
        """Refers to the other field; raises SigmaValueError for a pattern and behind another modifier."""
        if self.detection_item.field is None or self.applied_modifiers:
            raise SigmaValueError("'differs' goes right behind the name of a field", source=self.source)
        if val.contains_special():
            raise SigmaValueError("'differs' takes the name of a field, without wildcards", source=self.source)
        return SigmaDifference(str(val))


# pySigma looks modifiers up here, and has no other place to add one
modifier_mapping["differs"] = DiffersModifier
reverse_modifier_mapping[DiffersModifier.__name__] = "differs"
