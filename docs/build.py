"""Write the generated parts of the docs: `python docs/build.py`; with `--check`, only say whether they are current."""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

from sqlite_utils import Database

from pipelines.config import settings_table
from pipelines.store.migrations import migrations

DOCS = Path(__file__).parent
_COLUMN = re.compile(r"^\s+(\w+)\s+([A-Z][A-Z]+)\b(.*)$")
_KEYWORDS = {"PRIMARY", "UNIQUE", "CHECK", "FOREIGN", "CONSTRAINT"}


def schema() -> str:
    """docs/schema.md, from the database as the migrations make it."""
    with tempfile.TemporaryDirectory() as folder:
        db = Database(Path(folder) / "archive.db")
        migrations.apply(db)
        tables = list(db.query("SELECT name, sql FROM sqlite_master WHERE type = 'table' ORDER BY rowid"))
        views = list(db.query("SELECT name, sql FROM sqlite_master WHERE type = 'view' ORDER BY rowid"))
        parts = [_HEAD]
        shown = (row for row in tables if not row["name"].startswith(("_", "sqlite_", "articles_fts")))
        parts += [_table(row["name"], row["sql"]) for row in shown]
        parts.append("## Views\n\n| view | what it shows |\n|---|---|\n" + "\n".join(map(_view, views)) + "\n")
        parts.append(_SEARCH)
        db.close()
    return "\n".join(parts)


def _table(name: str, sql: str) -> str:
    lines = sql.splitlines()[1:]
    about = " ".join(line.strip()[2:].strip() for line in lines if line.strip().startswith("--"))
    rows = []
    for line in lines:
        code, _, comment = line.partition("--")
        if (match := _COLUMN.match(code)) and match[1] not in _KEYWORDS:
            rows.append(f"| `{match[1]}` | {match[2]} | {_extra(match[3])}{comment.strip()} |")
    return f"## {name}\n\n{about}\n\n| column | type | |\n|---|---|---|\n" + "\n".join(rows) + "\n"


def _extra(rest: str) -> str:
    if match := re.search(r"REFERENCES (\w+)", rest):
        return f"→ {match[1]}. "
    return "key. " if "PRIMARY KEY" in rest else ""


def _view(row: dict[str, str]) -> str:
    about = re.search(r"--\s*(.+)", row["sql"])
    return f"| `{row['name']}` | {about[1] if about else ''} |"


def settings() -> str:
    """docs/sources.md with the table of settings filled in."""
    text = (DOCS / "sources.md").read_text(encoding="utf-8")
    rows = "\n".join(
        f"| `{name}` | {default or '–'} | {unit} | {about} |" for name, default, unit, about in settings_table()
    )
    table = f"| setting | default | unit | meaning |\n|---|---|---|---|\n{rows}"
    return re.sub(r"(<!-- settings:[^>]*-->\n).*?(<!-- end -->)", rf"\1{table}\n\2", text, flags=re.DOTALL)


_HEAD = """# The database

One SQLite file. Facts stop at `captures`; `articles` and all below can be rebuilt from them. Times are ISO 8601 text.
`PRAGMA user_version` is the number of the schema. Written by `make docs` from the schema itself.
"""

_SEARCH = """## Search

`articles_fts` is an FTS5 table over title, description and text of `articles`, kept by triggers:

```sql
SELECT id, title FROM articles WHERE id IN (SELECT rowid FROM articles_fts WHERE articles_fts MATCH 'ferry AND harbour')
```
"""


def main() -> int:
    """0 when all is written or current; 1 when `--check` finds something stale."""
    stale = []
    for name, text in (("schema.md", schema()), ("sources.md", settings())):
        path = DOCS / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
            if "--check" not in sys.argv:
                path.write_text(text, encoding="utf-8")
    if stale and "--check" in sys.argv:
        print(f"docs/{', docs/'.join(stale)}: not current; run `make docs`", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
