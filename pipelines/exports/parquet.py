"""Articles as a Parquet file with typed columns, written in groups of rows; takes the extra `parquet` (pyarrow)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, BinaryIO

from pipelines.errors import ConfigError
from pipelines.exports.plain import json_line
from pipelines.exports.rows import COLUMNS, Row

_GROUP = 1000  # rows that are in memory at once
_FLAGS = ("paywalled", "live")
_NUMBERS = ("word_count", "removed_chars")
_IDS = ("id", "capture_id")
_LISTS = ("authors", "tags", "captions", "links")


def arrow() -> Any:
    """The pyarrow module. Raises ConfigError where it is not installed."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise ConfigError('--format parquet takes pyarrow; install it with: pip install "tearsheet[parquet]"') from None
    return pyarrow


def write_parquet(articles: Iterable[Row], out: BinaryIO) -> None:
    """A row for each article; times are text as in the archive, since each says itself how much of it is known."""
    pa = arrow()
    schema = _schema(pa)
    with pa.parquet.ParquetWriter(out, schema, compression="zstd") as writer:
        for rows in _groups(articles):
            writer.write_table(pa.Table.from_pylist(rows, schema=schema), row_group_size=_GROUP)


def _groups(articles: Iterable[Row]) -> Iterator[list[dict[str, Any]]]:
    rows = iter(articles)
    while group := [_typed(row) for row in islice(rows, _GROUP)]:
        yield group


def _typed(row: Row) -> dict[str, Any]:
    typed = {name: row[name] for name in COLUMNS}
    typed |= {name: bool(row[name]) for name in _FLAGS}
    typed |= {name: [one if isinstance(one, str) else json_line(one) for one in row[name]] for name in _LISTS}
    return {**typed, "claims": json_line(row["claims"])}


def _schema(pa: Any) -> Any:
    kinds = dict.fromkeys(COLUMNS, pa.string())
    kinds |= dict.fromkeys(_IDS, pa.int64())
    kinds |= dict.fromkeys(_NUMBERS, pa.int32())
    kinds |= dict.fromkeys(_FLAGS, pa.bool_())
    kinds |= dict.fromkeys(_LISTS, pa.list_(pa.string()))
    kinds["addresses"] = pa.list_(pa.struct([("url", pa.string()), ("kind", pa.string())]))
    return pa.schema([(name, kinds[name]) for name in COLUMNS])
