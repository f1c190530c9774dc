"""The mutations match the current code; `make mutations` applies them."""

from pathlib import Path

import pytest

from tests.mutations.mutations import MUTATIONS, Mutation

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_each_net_is_where_the_list_says_and_so_is_its_test(mutation: Mutation) -> None:
    text = (ROOT / mutation.path).read_text()
    assert mutation.taken_out_of(text) != text
    path, _, name = mutation.test.partition("::")
    assert f"def {name}(" in (ROOT / path).read_text()
