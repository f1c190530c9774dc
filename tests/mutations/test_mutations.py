"""The list of safety nets is about the code as it is; `make nets` takes them out."""

from pathlib import Path

import pytest

from tests.mutations.mutations import NETS, Net

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.parametrize("net", NETS, ids=lambda net: net.name)
def test_each_net_is_where_the_list_says_and_so_is_its_test(net: Net) -> None:
    text = (ROOT / net.path).read_text()
    assert net.taken_out_of(text) != text
    path, _, name = net.test.partition("::")
    assert f"def {name}(" in (ROOT / path).read_text()
