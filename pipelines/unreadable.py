"""Pages that an archive holds and cannot give."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.types import Capture, Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable(Capture):
    """A capture without its damaged body. It goes the way of all captures, and only this one becomes a failure."""

    why: str

    @property
    def failure(self) -> Failure:
        """What reading it ends in."""
        return Failure("store", "damaged", self.why)
