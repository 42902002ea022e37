"""What can go wrong, as a tree.

    ArchiveError        anything a person can act on: one line that names the place and the remedy
    ├── ConfigError     the sources file, a setting or a flag is wrong            exit 2
    ├── StoreError      the archive cannot be opened, read or written             exit 3
    │   └── DamagedError  one of its pages cannot be unpacked
    ├── ReadError       a file given to import cannot be read                     exit 4
    └── EngineError     the workers that process pages cannot run                 exit 5

What is expected of a page (too short, a listing, a login form) is not an error but a `Reject`;
what went wrong with one page is a row in `failures`.
"""

from __future__ import annotations


class ArchiveError(Exception):
    """A problem that stops a command; `str()` is the one line shown to the user."""

    exit_code = 1


class ConfigError(ArchiveError):
    """The sources file, a setting or a flag is wrong."""

    exit_code = 2


class StoreError(ArchiveError):
    """The archive cannot be opened, read or written."""

    exit_code = 3


class DamagedError(StoreError):
    """A page is damaged in the archive; the others can be read."""


class ReadError(ArchiveError):
    """A file given to import cannot be read."""

    exit_code = 4


class EngineError(ArchiveError):
    """The workers that process pages cannot run."""

    exit_code = 5
