"""The mutations match the current code; `make mutations` applies them."""

import pytest

from tests.architecture.sources import ROOT
from tests.mutations.mutation import Mutation
from tests.mutations.mutations import MUTATIONS


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_mutation_changes_code_that_exists_and_names_a_test_that_exists(mutation: Mutation) -> None:
    text = (ROOT / mutation.path).read_text()
    assert mutation.apply(text) != text
    path, _, name = mutation.test.partition("::")
    assert f"def {name}(" in (ROOT / path).read_text()


def test_names_are_unique() -> None:
    names = [mutation.name for mutation in MUTATIONS]
    assert len(set(names)) == len(names)
