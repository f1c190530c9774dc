"""Chaos happens to the same kind of pipeline as the end-to-end tests' crashes."""

from tests.e2e.conftest import breakable, breakable_folder, breakable_pipeline

__all__ = ["breakable", "breakable_folder", "breakable_pipeline"]
