"""Test support: servers on loopback that speak the APIs of sources, and their faults."""
