"""Who may sign in to `tearsheet serve --password`: a file beside the archive that only its owner can read."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipelines.errors import ConfigError, StoreError
from pipelines.explore.passwords import hashed, looks_kept, matches


@dataclass(frozen=True, slots=True)
class Desk:
    """The names of those who may sign in with what is kept of their passwords, and the secret that signs cookies."""

    path: Path
    users: Mapping[str, str] = field(default_factory=dict)
    secret: str = field(default_factory=lambda: secrets.token_hex(32))

    def knows(self, name: str, password: str) -> bool:
        """Whether this is the password of this person already."""
        return name in self.users and matches(password, self.users[name])

    def admitting(self, name: str, password: str) -> Desk:
        """The desk with a new person, or with a new password of one."""
        return replace(self, users={**self.users, name: hashed(password)})

    def without(self, name: str) -> Desk:
        """The desk without a person. Raises ConfigError where there is no such person."""
        if name not in self.users:
            raise ConfigError(f"{name!r}: nobody of that name may sign in")
        return replace(self, users={one: kept for one, kept in self.users.items() if one != name})

    def write(self) -> None:
        """Put it in its place, whole. Raises StoreError."""
        part = self.path.with_name(f".{self.path.name}.part")
        text = json.dumps({"users": dict(self.users), "secret": self.secret}, indent=1, ensure_ascii=False)
        try:
            part.unlink(missing_ok=True)
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
                file.write(text + "\n")
                file.flush()
                os.fsync(file.fileno())
            part.replace(self.path)
        except OSError as problem:
            raise StoreError(f"{self.path}: cannot be written ({problem.strerror}); check its permissions") from None


def desk_of(db: Path) -> Desk:
    """The desk of an archive; one without anybody where there is none yet. Raises StoreError for a broken file."""
    path = db.with_suffix(".desk")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        users, secret = dict(found["users"]), str(found["secret"])
        if not all(looks_kept(kept) for kept in users.values()):
            raise ValueError
    except FileNotFoundError:
        return Desk(path)
    except OSError as problem:
        raise StoreError(f"{path}: cannot be read ({problem.strerror}); check its permissions") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise StoreError(f"{path}: is damaged; delete it, and set passwords anew with `tearsheet password`") from None
    return Desk(path, users, secret)
