"""Runners that map `process()` over captures."""
