"""Payloads of any shape: whole ones in which something was replaced by something else."""

import copy
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

any_json = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.floats(allow_nan=False), st.text(max_size=5)),
    lambda below: st.one_of(st.lists(below, max_size=3), st.dictionaries(st.text(max_size=5), below, max_size=3)),
    max_leaves=5,
)


def _places(node: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [at, *(place for key, child in children for place in _places(child, (*at, key)))]


@st.composite
def spoiled(draw: st.DrawFn, whole: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Draws one of the payloads with one to three of its values replaced."""
    payload: dict[str, Any] = copy.deepcopy(draw(st.sampled_from(whole)))
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.sampled_from([place for place in _places(payload) if place]))
        parent: Any = payload
        for key in place[:-1]:
            parent = parent[key]
        parent[place[-1]] = draw(any_json)
    return payload
