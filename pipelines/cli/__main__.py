"""`python -m pipelines.cli`: the same as `tearsheet`."""

from __future__ import annotations

from pipelines.cli import main

main(prog_name="tearsheet")
