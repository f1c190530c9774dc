"""Version 5 UUIDs of the driver's type are those of the standard library."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcm_shared.uuids import UUIDNamespace

NAMESPACE = uuid.UUID("5f6f5c02-6c5c-5b0a-9d0e-3b1c0f6f0a11")


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_a_name_has_the_uuid_that_the_standard_library_computes(name: str) -> None:
    expected = uuid.uuid5(NAMESPACE, name)
    found = UUIDNamespace(NAMESPACE).uuid5(name)
    assert (found, hash(found), found.version, found.variant) == (expected, hash(expected), 5, uuid.RFC_4122)
    assert isinstance(found, uuid.UUID)


@pytest.mark.parametrize("names", [("one", "other"), ("b", "a")])
def test_both_kinds_sort_alike(names: tuple[str, str]) -> None:
    of_driver = sorted(UUIDNamespace(NAMESPACE).uuid5(name) for name in names)
    assert of_driver == sorted(uuid.uuid5(NAMESPACE, name) for name in names)
