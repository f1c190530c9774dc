"""Chaos happens to the same kind of pipeline as the end-to-end tests' crashes."""

from tests.e2e.conftest import disposable_folder, disposable_pipeline, disposable_stack

__all__ = ["disposable_folder", "disposable_pipeline", "disposable_stack"]
