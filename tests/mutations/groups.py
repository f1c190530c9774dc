"""Mutations of group keys: which values are the same, and what an array stands for."""

from typing import Final

from tests.mutations.mutation import ENGINE, ENGINE_TESTS, Mutation

_KEYS: Final = f"{ENGINE}/sigma/compile/group_keys.py"
_SERIES: Final = f"{ENGINE}/sigma/model/series.py"
_GROUPS: Final = f"{ENGINE_TESTS}/test_sigma_groups.py"
_SAME: Final = f"{_GROUPS}::test_values_that_a_detection_takes_for_the_same_are_one_group_and_one_value"
_SEVERAL: Final = f"{ENGINE_TESTS}/test_correlation_conditions.py::test_values_of_several_fields_are_counted_together"

GROUPS: Final = (
    Mutation(
        "the case of group values is folded",
        _KEYS,
        (("else text.casefold()", "else text"),),
        _SAME,
    ),
    Mutation(
        "numeric texts are grouped by value",
        _KEYS,
        (("        number = as_number(value)\n", "        number = None\n"),),
        _SAME,
    ),
    Mutation(
        "addresses are grouped by value",
        _KEYS,
        (('addresses(text)[:1] if ":" in text else ()', "()"),),
        _SAME,
    ),
    Mutation(
        "objects are grouped whatever the order of their keys",
        f"{ENGINE}/sigma/compile/fields.py",
        (("return _compact_json(value, sort_keys=True)", "return _compact_json(value, sort_keys=False)"),),
        _SAME,
    ),
    Mutation(
        "a field with the modifier cased is grouped by its spelling",
        _KEYS,
        (("    if not cased:\n", "    if True:\n"),),
        f"{_GROUPS}::test_cased_tells_spellings_apart",
    ),
    Mutation(
        "an array stands for each of its elements",
        _KEYS,
        (("for chosen in product(*spellings)", "for chosen in list(product(*spellings))[:1]"),),
        f"{_GROUPS}::test_an_array_stands_for_each_of_its_elements",
    ),
    Mutation(
        "the groups of one event are bounded",
        _KEYS,
        (("if prod(map(len, spellings)) > MAX_GROUPS:", "if False:"),),
        f"{_GROUPS}::test_arrays_of_very_many_elements_are_taken_whole",
    ),
    Mutation(
        "a missing value is no group of a correlation",
        _SERIES,
        (
            (
                " for group in read_groups(view) if None not in group.canonical.values()]",
                " for group in read_groups(view)]",
            ),
        ),
        f"{_GROUPS}::test_an_array_stands_for_each_of_its_elements",
    ),
    Mutation(
        "a long value is distinguished by its hash",
        _KEYS,
        (("…sha256:{_digest(text)}", "…"),),
        f"{_GROUPS}::test_long_values_are_distinguished_by_what_is_cut_off",
    ),
    Mutation(
        "a group key fits an index",
        _KEYS,
        (("if len(key) * 4 <= MAX_KEY or len(_bytes(key)) <= MAX_KEY:", "if True:"),),
        f"{ENGINE_TESTS}/test_long_groups.py::test_long_values_of_four_bytes_a_character_are_counted",
    ),
    Mutation(
        "values of several fields are counted together",
        _KEYS,
        (("_shortened(canonical_json(list(canonical)))\n\n\ndef too", 'canonical[0] or ""\n\n\ndef too'),),
        _SEVERAL,
    ),
    Mutation(
        "a value of several fields needs all of them",
        _SERIES,
        (("for counted in found if None not in counted]", "for counted in found]"),),
        _SEVERAL,
    ),
)
