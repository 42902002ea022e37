"""Times keep the precision and the zone they were given in."""

from __future__ import annotations

import pytest

from pipelines.daterow import read_date_row
from pipelines.dates import find_moments, moment_of


@pytest.mark.parametrize(
    ("value", "stored", "precision"),
    [
        ("2019-11-19T10:22:33+01:00", "2019-11-19T09:22:33Z", "second"),
        ("2019-11-19T10:22Z", "2019-11-19T10:22:00Z", "minute"),
        ("2019-11-19 10:22:33", "2019-11-19T10:22:33", "second"),
        ("2019-11-19T10:22:33.123-0500", "2019-11-19T15:22:33Z", "second"),
        ("2019-11-19T00:00:00+01:00", "2019-11-19", "day"),
        ("2019-11-19", "2019-11-19", "day"),
        ("2019-11", "2019-11", "month"),
        ("2019", "2019", "year"),
        ("Tue, 19 Nov 2019 10:22:33 GMT", "2019-11-19T10:22:33Z", "second"),
        ("1574158953", "2019-11-19T10:22:33Z", "second"),
        ("Nov 19, 2019 5:00 pm", "2019-11-19T17:00:00", "minute"),
        ("19 November 2019", "2019-11-19", "day"),
    ],
)
def test_machine_readable_times(value: str, stored: str, precision: str) -> None:
    moment = moment_of(value)
    assert moment is not None
    assert (moment.value, moment.precision) == (stored, precision)


@pytest.mark.parametrize("value", ["", "soon", "2019-13-45", "0000-00-00", "99", None, "25:61", "9999999999999999"])
def test_what_is_no_time_gives_none(value: object) -> None:
    assert moment_of(value) is None


def test_the_zone_of_the_source_places_a_local_time() -> None:
    assert moment_of("2019-07-19 10:22", "Europe/Berlin").value == "2019-07-19T08:22:00Z"  # type: ignore[union-attr]
    assert moment_of("2019-07-19", "Europe/Berlin").value == "2019-07-19"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("line", "stored"),
    [
        ("February 13, 2017, 2:43 pm", "2017-02-13T14:43:00"),
        ("11/15/2017", "2017-11-15"),
        ("15/11/2017", "2017-11-15"),
        ("3/4/2017", "2017"),
        ("3. Mai 2024, 14:05 Uhr", "2024-05-03T14:05:00"),
        ("le 3 août 2019 à 12h30", "2019-08-03T12:30:00"),
        ("2024年5月3日 10:20", "2024-05-03T10:20:00"),
        ("20 مارس 2021", "2021-03-20"),
        ("2026.11.18. 오후 2:22", "2026-11-18T14:22:00"),
        ("2026. 11. 18. 14시 22분", "2026-11-18T14:22:00"),
        ("2026年11月18日 下午2:22", "2026-11-18T14:22:00"),
        ("2026年11月18日 午前0:05", "2026-11-18T00:05:00"),
        ("2026年11月18日14時22分", "2026-11-18T14:22:00"),
        ("18 نوفمبر 2026 - 2:22 م", "2026-11-18T14:22:00"),
        ("18 نوفمبر 2026 10:22 صباحًا", "2026-11-18T10:22:00"),
        ("18 Νοεμβρίου 2026, 2:22 μ.μ.", "2026-11-18T14:22:00"),
        ("2026. november 18.", "2026-11-18"),
        ("18 नवंबर 2026", "2026-11-18"),
        ("18 בנובמבר 2026", "2026-11-18"),
        ("18 tháng 11, 2026", "2026-11-18"),
        ("18 Novemba 2026", "2026-11-18"),
        ("18. новембра 2026.", "2026-11-18"),
        ("٢٠ مارس ٢٠٢١", "2021-03-20"),
        ("14 ноября 2017 года", "2017-11-14"),
        ("GMT 18:34 2016 Thursday ,29 September", "2016-09-29T18:34:00Z"),
        ("November 14", "--11-14"),
        ("11/15/2017 00:00", "2017-11-15"),
    ],
)
def test_dates_in_words(line: str, stored: str) -> None:
    assert [found.moment.value for found in find_moments(line)] == [stored]


def test_language_and_country_settle_the_order_of_day_and_month() -> None:
    def read(**hints: str) -> str:
        return next(find_moments("3/4/2017", **hints)).moment.value

    assert read(language="de") == "2017-04-03"
    assert read(country="us") == "2017-03-04"
    assert read(country="gb") == "2017-04-03"


@pytest.mark.parametrize(
    ("line", "published", "modified"),
    [
        ("Date :Friday, September 9th, 2016 | Time : 18:11 |ID: 37076 | Print", "2016-09-09T18:11:00", None),
        ("Updated 3 March 2021, published 2 March 2021", "2021-03-02", "2021-03-03"),
        ("Stand: 5. Mai 2025, 10:11 Uhr", "2025-05-05T10:11:00", None),
        ("Print | Email | ID 4411 | 12 May 2020", "2020-05-12", None),
    ],
)
def test_date_rows(line: str, published: str | None, modified: str | None) -> None:
    row = read_date_row(line)
    assert row is not None
    assert (row.published and row.published.value) == published
    assert (row.modified and row.modified.value) == modified


@pytest.mark.parametrize("line", ["On 9 September 2016 the council met.", "All news", "15", "In May 2020 he left"])
def test_lines_that_are_no_date_rows(line: str) -> None:
    assert read_date_row(line) is None
