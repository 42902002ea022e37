"""Write the generated parts of the docs: `python docs/build.py`; with `--check`, only say whether they are current."""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

from sqlite_utils import Database

from pipelines.config import settings_table
from pipelines.explore.questions import Question, questions
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


def queries() -> str:
    """docs/queries.md, from the files of the saved questions."""
    rows = "\n".join(f"| [{one.title}](#{one.name}) | `{one.name}` | {_params(one)} |" for one in questions())
    parts = [f"## {one.name}\n\n**{one.title}** {one.description}\n\n{_asked(one)}```sql\n{one.sql}\n```\n"
             for one in questions()]  # fmt: skip
    return "\n".join([_QUESTIONS.format(rows=rows), *parts])


def _params(question: Question) -> str:
    return ", ".join(f"`{name}`" for name in question.params) or "–"


def _asked(question: Question) -> str:
    """The parameters of a question as a table."""
    rows = "".join(
        f"| `{name}` | {about}{'; needed' if question.forms[name].needed else ''} |\n"
        for name, about in question.params.items()
    )
    return f"| parameter | |\n|---|---|\n{rows}\n" if rows else ""


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


_QUESTIONS = """# The saved questions

Each is one SELECT. In the browser they stand at `/-/questions`, with a form, a chart where it helps, CSV and JSON; in
the terminal:

```
tearsheet query
tearsheet query coverage -p words "ice road" -p by week
tearsheet query missing -p address www.example.com/news/a-page
```

| question | name | parameters |
|---|---|---|
{rows}

## Questions of your own

A file `queries/NAME.sql` beside the archive is a question, too: in the terminal and in the browser, where a new file
is found by its page at once and by Datasette's own pages when it starts again. Its head is comments:

```sql
-- title: Long articles of a source
-- description: The longest first.
-- param source (source): only of this source; empty for all
-- param least (number): words; empty for 1,000
-- chart: ranks x=source y=words
SELECT source_id AS source, title, word_count AS words, id AS article_id FROM articles
WHERE (:source = '' OR source_id = :source) AND word_count >= coalesce(nullif(:least, ''), 1000) + 0
ORDER BY id DESC LIMIT 100
```

Every parameter is text, and empty where it is not given. In brackets may stand how the browser asks for it: `source`,
`date`, `number`, `visit` (empty, it is the number of the last capture that the browser was shown), or words to choose
from as `(day | month)`; `needed`, after a comma, where nothing is asked without it. `chart` is `bars x=… y=… by=…`
over time or `ranks x=… y=…`, by names of columns. A column `article_id` makes `title` a link; `source`, `rule` and
`url` are links as well. Beside SQLite's functions there are those of the archive: `surt(url)`, `urlkeys(address)`,
`quotes(text, person, language)`, `diff_words(before, after)`, `restore(text, removals)`, `unpack(body, dictionary)`,
`sha256(text)`, `origin(address)` and `robots_allow(robots, address)`.

"""


def main() -> int:
    """0 when all is written or current; 1 when `--check` finds something stale."""
    stale = []
    for name, text in (("schema.md", schema()), ("sources.md", settings()), ("queries.md", queries())):
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
