"""`python -m tests.newsroom`: serve the outlets until Ctrl-C."""

from __future__ import annotations

import argparse
import contextlib
import sys
import threading

from tests.newsroom import Newsroom, PortTakenError


def main() -> int:
    """Serve, and print where; 1 when a port is in use."""
    parser = argparse.ArgumentParser(prog="python -m tests.newsroom", description="Serve five invented news outlets.")
    parser.add_argument("--first-port", type=int, default=0, help="five ports in a row; default: any free ones")
    parser.add_argument("--edition", type=int, choices=(1, 2), default=1, help="2: one article edited, one added")
    options = parser.parse_args()
    try:
        newsroom = Newsroom(options.first_port, options.edition)
    except PortTakenError as problem:
        print(f"{problem} (--first-port)", file=sys.stderr)
        return 1
    with newsroom:
        for outlet in newsroom.outlets:
            print(f"{outlet.base}/  {outlet.name} ({', '.join(outlet.means)})", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
