"""Test support: used by tests, benchmarks and reports, never by the service; not part of the wheel."""
