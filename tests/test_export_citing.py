"""Citations: what is known of authors and dates and no more, in a form that nothing breaks."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.exports.bibtex import escaped
from pipelines.exports.citing import Name, day_of, name_of
from tests.exports import OLD, export, fill


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill(tmp_path_factory.mktemp("citing") / "archive.db")


@pytest.mark.parametrize(
    ("author", "language", "name"),
    [
        ("Jane Doe", "en", Name(given="Jane", family="Doe")),
        ("John F. Kennedy Jr.", "en", Name(given="John F.", family="Kennedy", suffix="Jr.")),
        ("J. R. R. Tolkien", None, Name(given="J. R. R.", family="Tolkien")),
        ("Ludwig van Beethoven", "de", Name(given="Ludwig", particle="van", family="Beethoven")),
        ("Ursula von der Leyen", "de", Name(given="Ursula", particle="von der", family="Leyen")),
        ("Doe, Jane", "en", Name(given="Jane", family="Doe")),
        ("Sinéad O’Connor", "en", Name(given="Sinéad", family="O’Connor")),
        ("Jean-Luc Picard", "fr", Name(given="Jean-Luc", family="Picard")),
        ("Иван Петрович Иванов", "ru", Name(given="Иван Петрович", family="Иванов")),
        ("Gabriel García Márquez", "es", Name(literal="Gabriel García Márquez")),
        ("王小明", "zh", Name(literal="王小明")),
        ("Nguyen Van", "vi", Name(literal="Nguyen Van")),
        ("Orbán Viktor", "hu", Name(literal="Orbán Viktor")),
        ("محمد علي", "ar", Name(literal="محمد علي")),
        ("Reuters Staff", "en", Name(literal="Reuters Staff")),
        ("BBC Sport", "en", Name(literal="BBC Sport")),
        ("Madonna", "en", Name(literal="Madonna")),
        ("dpa", "de", Name(literal="dpa")),
        ("Our correspondent in Paris", "en", Name(literal="Our correspondent in Paris")),
    ],
)
def test_a_name_is_split_where_it_is_sure(author: str, language: str | None, name: Name) -> None:
    assert name_of(author, language) == name


@given(st.from_regex(r"\w{1,6}\.?([ ,'-]+\w{1,6}\.?){0,4}", fullmatch=True), st.sampled_from([None, "en", "zh"]))
def test_no_part_of_a_name_is_lost(author: str, language: str | None) -> None:
    name = name_of(author, language)
    parts = (name.given, name.particle, name.family, name.suffix, name.literal)
    assert sorted(" ".join(parts).replace(",", " ").split()) == sorted(author.replace(",", " ").split())


@pytest.mark.parametrize(
    ("moment", "day"),
    [("2017-11-06T10:00:00Z", (2017, 11, 6)), ("2017-11", (2017, 11)), ("2017", (2017,)), (None, ()), ("soon", ())],
)
def test_a_day_is_as_exact_as_it_is_known(moment: str | None, day: tuple[int, ...]) -> None:
    assert day_of(moment) == day


def test_csl(db: Path, tmp_path: Path) -> None:
    export(db, tmp_path / "a.csl.json")
    first, second, third, ferry, nobody = json.loads((tmp_path / "a.csl.json").read_bytes())
    assert first["type"] == "article-newspaper"
    assert first["author"] == [
        {"given": "Jane", "family": "Doe"},
        {"literal": "王小明"},
        {"given": "Иван Петрович", "family": "Иванов"},
    ]
    assert first["issued"] == {"date-parts": [[2017, 11, 6]]}
    assert first["accessed"] == {"date-parts": [[2026, 11, 20]]}
    assert first["container-title"] == "Агентство «Т»"
    assert first["custom"]["text_sha256"] in first["note"]
    assert "Captured 2026-11-20T06:01:00Z" in first["note"]
    assert second["author"] == [{"literal": "Reuters"}]
    assert second["issued"] == {"date-parts": [[2017, 11]]}
    assert "issued" not in third
    assert ferry["URL"] == "https://post.example/the%20ferry?q=%C3%A9"
    assert ferry["container-title"] == "The Post & Co"
    assert nobody["URL"].startswith("urn:sha256:")
    assert "container-title" not in nobody
    assert len({one["id"] for one in (first, second, third, ferry, nobody)}) == 5


def test_csl_of_nothing_is_an_empty_list(db: Path) -> None:
    assert json.loads(export(db, "-", "--format", "csl", "--where", "0").out) == []


def entries(text: str) -> dict[str, dict[str, str]]:
    """A BibTeX file by its own rules: braces count, escaped or not."""
    found: dict[str, dict[str, str]] = {}
    for entry in re.split(r"(?m)^@(?:article|misc)", text)[1:]:
        key, *lines = entry.strip().removeprefix("{").splitlines()
        fields = {}
        for line in lines[:-1]:
            match = re.fullmatch(r"  (\w+) += (?:\{(.*)\}|(\w{3})),", line)
            assert match, line
            value = match[2] if match[3] is None else match[3]
            depths = [value[:n].count("{") - value[:n].count("}") for n in range(len(value) + 1)]
            assert min(depths) == depths[-1] == 0, line
            fields[match[1]] = value
        found[key.rstrip(",")] = fields
    return found


def test_bibtex(db: Path, tmp_path: Path) -> None:
    export(db, tmp_path / "a.bib")
    found = entries((tmp_path / "a.bib").read_text(encoding="utf-8"))
    first, second, third, ferry, nobody = found.values()
    assert all(re.fullmatch(r"[a-z0-9]+-[a-z0-9]+", key) for key in found)
    assert first["author"] == "Doe, Jane and {王小明} and Иванов, Иван Петрович"
    assert first["title"].endswith(
        r"A\&B\") costs 5 \% of \textbraceleft{}all\textbraceright{} \#1 in C:\textbackslash{}x\_y"
        r" \textasciitilde{} \textasciicircum{}}".replace(r"\"", '"')
    )
    assert (first["date"], first["year"], first["month"], first["urldate"]) == (
        "2017-11-06", "2017", "nov", "2026-11-20",
    )  # fmt: skip
    assert (first["langid"], first["entrysubtype"]) == ("english", "newspaper")
    assert re.search("Captured 2026-11-20T06:01:00Z; SHA-256 of the text [0-9a-f]{64}", first["note"])
    assert (second["author"], second["date"]) == ("{Reuters}", "2017-11")
    assert not {"date", "year", "month", "author"} & set(third)
    assert ferry["journal"] == r"{The Post \& Co}"
    assert not {"journal", "entrysubtype"} & set(nobody)


def test_keys_stay_when_titles_change(db: Path) -> None:
    out = export(db, "-", "--format", "bibtex", "--where", f"id = {OLD + 1}").out.decode()
    (key,) = entries(out)
    assert key.startswith("tass2017-")


@given(st.text())
def test_what_latex_reads_specially_is_escaped(text: str) -> None:
    out = escaped(text)
    assert out.count("{") == out.count("}")
    assert not re.search(r"(?<!\\)[#$%&_^~]", re.sub(r"\\text\w+\{\}", "", out))
