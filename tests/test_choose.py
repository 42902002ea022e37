"""How one value is chosen among claims: titles by voices, people by trust, times by origin."""

from __future__ import annotations

import pytest

from pipelines.people import agency_in, people
from pipelines.titles import best_title
from pipelines.types import Claim


def title(*claims: tuple[str, str]) -> str | None:
    best = best_title(
        [Claim("title", value, origin) for origin, value in claims], ["marvikpost.example", "Marvik Post"]
    )
    return str(best.value) if best else None


def test_two_voices_outweigh_one() -> None:
    claims = ("jsonld", "Marvik closes bridge"), ("meta:og:title", "Bridge to close"), ("page:h1", "Bridge to close")
    assert title(*claims) == "Bridge to close"


def test_one_voice_that_speaks_twice_counts_once() -> None:
    claims = ("jsonld", "Bridge to close"), ("meta:og:title", "Oh no"), ("meta:twitter:title", "Oh no")
    assert title(*claims) == "Bridge to close"


def test_the_wording_most_claims_share_is_taken() -> None:
    claims = ("page:h1", "Repairs Bridge to close"), ("jsonld", "Repairs - Bridge to close")
    assert title(*claims, *((one, "Repairs: Bridge to close") for one in ("meta:og:title", "meta:twitter:title"))) == (
        "Repairs: Bridge to close"
    )


@pytest.mark.parametrize(
    "value",
    [
        "Bridge to close in May | Marvik Post",
        "Bridge to close in May – Marvik Post Online",
        "Bridge to close in May | Roads | Local | Marvik Post",
        "Bridge to close in May：Marvik Post",
        "Marvik Post | Bridge to close in May",
    ],
)
def test_the_name_of_the_site_is_no_part_of_the_title(value: str) -> None:
    assert title(("meta:title", value)) == "Bridge to close in May"


def test_a_site_that_shows_its_name_as_headline_has_another_title() -> None:
    assert title(("page:h1", "Marvik Post"), ("meta:title", "Bridge to close")) == "Bridge to close"
    assert title(("page:h1", "Marvik Post")) is None


def test_what_only_the_title_of_the_window_adds_is_left_off() -> None:
    claims = ("meta:og:title", "Bridge to close in May [Roads]：The Post"), ("page:h1", "Bridge to close in May")
    assert title(*claims) == "Bridge to close in May"


def test_without_data_the_window_settles_a_tie() -> None:
    claims = ("meta:og:title", "Official site of the town"), ("page:h1", "Bridge to close in May")
    assert title(*claims, ("meta:title", "Bridge to close in May | Marvik Post")) == "Bridge to close in May"
    assert title(*claims, ("meta:title", "Official site of the town")) == "Official site of the town"


def test_what_the_data_itself_adds_stays() -> None:
    claims = ("jsonld", "Bridge to close - all news"), ("meta:og:title", "Bridge to close - all news")
    assert title(*claims, ("page:h1", "Bridge to close")) == "Bridge to close - all news"


def authors(*values: str, origin: str = "jsonld", sites: tuple[str, ...] = ("Marvik Post", "marvikpost")) -> list[str]:
    return list(people([Claim("authors", value, origin) for value in values], sites))


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("Ada Holm, Bo Lind und Cy Marr", ["Ada Holm", "Bo Lind", "Cy Marr"]),
        ("Ada Holm og Bo Lind", ["Ada Holm", "Bo Lind"]),
        ("Ada Holm och Bo Lind", ["Ada Holm", "Bo Lind"]),
        ("Ada Holm és Bo Lind", ["Ada Holm", "Bo Lind"]),
        ("Ada Holm y Bo Lind", ["Ada Holm", "Bo Lind"]),
        ("Ada Holm e Bo Lind", ["Ada Holm", "Bo Lind"]),
        ("Ада Хольм и Бо Линд", ["Ада Хольм", "Бо Линд"]),
        ("آدا هولم و بو ليند", ["آدا هولم", "بو ليند"]),
        ("José Marr y Holm", ["José Marr y Holm"]),
        ("Jan van der Lind", ["Jan van der Lind"]),
        ("Par Ada Holm", ["Ada Holm"]),
        ("Text: Ada Holm", ["Ada Holm"]),
        ("Dr. Ada Holm", ["Dr. Ada Holm"]),
        ("Ada Holm, Marvik", ["Ada Holm"]),
        ("Ada Holm in Marvik", ["Ada Holm"]),
        ("Ada Holm, Associated Press", ["Ada Holm"]),
        ("Ada Holm (dpa)", ["Ada Holm"]),
        ("Ada Holm/AFP", ["Ada Holm"]),
        ("Ada Holm, Political Editor", ["Ada Holm"]),
        ("Reporter Ada Holm", ["Ada Holm"]),
        ("Analysis by Ada Holm, Editor-at-large", ["Ada Holm"]),
        ("ADA HOLM Associated Press", ["ADA HOLM"]),
        ("Ada Holm for The Courier", ["Ada Holm"]),
        ("Ada Holm ada@post.example", ["Ada Holm"]),
        ("Ada Holm @adaholm", ["Ada Holm"]),
        ("Cicero", ["Cicero"]),
        ("ADA HOLM", ["ADA HOLM"]),
        ("김아다 기자", ["김아다"]),
        ("記者 林大", ["林大"]),
        ("ahol", []),
        ("MPO", []),
        ("Marvik Post", []),
        ("MARVIKPOST", []),
        ("marvikpost.example, Frankfurt, Germany", []),
        ("Guardian staff reporter", []),
        ("News Desk", []),
        ("Redaktion Marvik", []),
        ("Associated Press in Valencia", []),
        ("Photo: Ada Holm", []),
        ("https://social.example/adaholm", []),
    ],
)
def test_authors_are_people(value: str, names: list[str]) -> None:
    assert authors(value) == names


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("By Ada HolmTwitter", ["Ada Holm"]),
        ("Ada LindemannTwitter", ["Ada Lindemann"]),
        ("Follow Ada Holm", []),
        ("View profile", []),
        ("Comment by", []),
        ("12 May 2024", []),
        ("Nachrichtenagentur", []),
    ],
)
def test_lines_on_the_page_are_read_more_strictly(value: str, names: list[str]) -> None:
    assert authors(value, origin="page:byline") == names


def test_the_most_trusted_origin_that_names_people_wins() -> None:
    claims = [
        Claim("authors", "Marvik Post", "jsonld"),
        Claim("authors", "Bo Lind", "feed"),
        Claim("authors", "Ada Holm", "meta:author"),
    ]
    assert people(claims, ["Marvik Post"]) == ("Ada Holm",)


def test_teasers_do_not_complete_a_byline() -> None:
    claims = [Claim("authors", "Ada Holm", "jsonld")]
    claims += [Claim("authors", name, "page:byline") for name in ("Ada Holm", "Bo Lind", "Cy Marr")]
    assert people(claims, []) == ("Ada Holm",)


@pytest.mark.parametrize(
    "value", ["Reuters", "Ada Holm, Reuters", "Ada Holm (Reuters)", "Reuters in Marvik", "Post/Reuters"]
)
def test_an_agency_among_the_authors_is_the_agency(value: str) -> None:
    assert agency_in([Claim("authors", value, "jsonld")]) == "Reuters"
