"""Parquet: without its extra one line says what to install; with it, in its own environment, types are right."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from tests.environments import python_of, run
from tests.exports import FORMULA, OLD, export, fill, tearsheet

_READ = """
import json, sys
import pyarrow.parquet as parquet
file = parquet.ParquetFile(sys.argv[1])
types = {field.name: str(field.type) for field in file.schema_arrow}
rows = file.read().to_pylist()
print(json.dumps({"types": types, "groups": file.num_row_groups, "rows": rows}))
"""


@pytest.mark.skipif(importlib.util.find_spec("pyarrow") is not None, reason="pyarrow is here")
def test_without_the_extra_one_line_says_what_to_install(tmp_path: Path) -> None:
    result = tearsheet("export", tmp_path / "a.parquet", "--db", fill(tmp_path / "archive.db"))
    assert result.code == 2
    assert result.err == 'Error: --format parquet takes pyarrow; install it with: pip install "tearsheet[parquet]"\n'
    assert not (tmp_path / "a.parquet").exists()


@pytest.mark.slow
def test_columns_have_types_and_rows_are_those_of_ndjson(tmp_path: Path) -> None:
    db, out = fill(tmp_path / "archive.db"), tmp_path / "a.parquet"
    python = str(python_of(".venv-parquet", "requirements-parquet.lock"))
    run(python, "-m", "pipelines.cli", "export", str(out), "--db", str(db))
    piped = tmp_path / "piped.parquet"
    shell = f"{python} -m pipelines.cli export - --format parquet --db {db} | cat > {piped}"
    run("sh", "-c", shell)
    read = json.loads(run(python, "-c", _READ, str(out)))
    assert json.loads(run(python, "-c", _READ, str(piped)))["rows"] == read["rows"]
    types = read["types"]
    assert (types["id"], types["word_count"], types["paywalled"]) == ("int64", "int32", "bool")
    assert types["authors"].startswith("list<")
    assert "struct<url: string, kind: string>" in types["addresses"]
    assert {types[name] for name in ("title", "published_at", "claims", "text")} == {"string"}
    wanted = [json.loads(line) for line in export(db, "-", "--format", "ndjson").out.splitlines()]
    for row, told in zip(read["rows"], wanted, strict=True):
        claims = json.loads(row.pop("claims"))
        assert {**row, "claims": claims} == told
    assert (read["rows"][0]["title"], read["rows"][0]["id"]) == (FORMULA, OLD + 1)
