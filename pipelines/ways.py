"""The file beside an archive that says what its watches call: commands and webhooks.

They do not stand in the archive itself, because archives are passed on, merged, served and edited, and whoever opens
one must never run what its maker wrote. The file is its owner's alone: one that others can write to is not followed.
"""

from __future__ import annotations

import json
import os
import stat
import tempfile
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from pipelines.errors import ConfigError
from pipelines.watching import Way

_ENDING = ".watches.json"


def file_of(archive: Path) -> Path:
    """Where the commands and webhooks of an archive's watches stand."""
    path = archive.resolve()
    return path.with_name(path.name + _ENDING)


def read(archive: Path) -> dict[str, Way]:
    """What each watch calls, by its name. Raises ConfigError where the file is somebody else's or damaged."""
    path = file_of(archive)
    try:
        with path.open("rb") as file:
            held = os.fstat(file.fileno())
            if held.st_uid not in (os.geteuid(), 0) or held.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                raise ConfigError(
                    f"{path}: belongs to somebody else, or others can write to it, so nothing in it is run; make it"
                    f" yours with `chown $USER {path.name}` and `chmod 600 {path.name}`"
                )
            return {name: Way(**values) for name, values in json.load(file).items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError) as problem:
        raise ConfigError(f"{path}: cannot be read ({problem}); delete it and add commands and webhooks anew") from None


def put(archive: Path, name: str, way: Way | None) -> None:
    """Write down what a watch calls; None for nothing any more. Raises ConfigError where that cannot be written."""
    ways = read(archive)
    if ways.get(name) == way:
        return
    ways.pop(name, None)
    if way:
        ways[name] = way
    path = file_of(archive)
    text = json.dumps({key: asdict(one) for key, one in sorted(ways.items())}, ensure_ascii=False, indent=1)
    made = None
    try:
        descriptor, made = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}-")  # its owner's alone: 600
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            out.write(text + "\n")
            out.flush()
            os.fsync(out.fileno())
        Path(made).replace(path)
    except OSError as problem:
        if made:
            with suppress(OSError):
                Path(made).unlink()
        raise ConfigError(f"{path}: cannot be written ({problem.strerror}); check its folder") from None
