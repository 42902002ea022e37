"""Several jobs of the writer in one transaction: a commit is most of what a page costs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from pipelines.errors import StoreError
from pipelines.store.faults import SpoiltError
from pipelines.store.writer import Writer

#: What a job gave, or why it could not be done.
Done: TypeAlias = "tuple[Any, BaseException | None]"


def together(writer: Writer, jobs: Sequence[Callable[[Writer], Any]]) -> list[Done]:
    """Do jobs that only use the writer; all are durable when this returns.

    Each is all or nothing: where one of them fails to write, nothing is kept, and each is done again in a transaction
    of its own. Where the archive can begin or end none, all have that StoreError.
    """
    if len(jobs) > 1:
        try:
            with writer.transaction() as connection:
                done = [_attempt(job, writer) for job in jobs]
                if not connection.in_transaction:  # SQLite itself ends one that it cannot go on with
                    raise SpoiltError
            return done
        except StoreError as problem:
            if not isinstance(problem.__cause__, SpoiltError):
                return [(None, problem)] * len(jobs)
    return [_attempt(job, writer) for job in jobs]


def _attempt(job: Callable[[Writer], Any], writer: Writer) -> Done:
    try:
        return job(writer), None
    except SpoiltError:
        raise
    except Exception as problem:
        return None, problem
