"""Charts as SVG and tables in one: no script, no style in the page, and every value in words as well."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

_SERIES = 7  # that have a colour of their own; the rest is drawn together
_LABELS = 5  # below the bars
_FEW = 8  # bars that need no whole line
_HEIGHT = 100  # of the drawing, in its own units: the page stretches it
_STEP, _GAP = 10, 2  # units from one bar to the next, and of that the space between
OTHERS = "others"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """What one moment holds: `parts` are (series, value), values 0 or more; `short` is its label below the chart."""

    label: str
    parts: Sequence[tuple[str, float]]
    href: str | None = None
    short: str = ""

    @property
    def total(self) -> float:
        """The height of the bar."""
        return sum(value for _, value in self.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rank:
    """One line of a ranking; `note` says more of its value."""

    label: str
    value: float
    href: str | None = None
    note: str = ""


def bars(rows: Sequence[Bar], *, title: str, unit: str) -> Markup:
    """Stacked bars in the order given, with a legend and the same values as a table; nothing where all are empty.

    `unit` names what is counted, in the plural. The drawing is for the eye and the mouse; keyboards and readers of
    screens have the table.
    """
    most = max((row.total for row in rows), default=0)
    if most <= 0:
        return Markup("")
    named = _named(rows)
    top = _round_up(most)
    drawn = Markup("").join(_bar(n, row, named, top, unit) for n, row in enumerate(rows))
    return Markup(
        '<figure class="chart{}"><figcaption>{}</figcaption>{}<p class="chart-top" aria-hidden="true">{}</p>'
        '<svg viewBox="0 0 {} {}" preserveAspectRatio="none" aria-hidden="true" focusable="false">{}{}</svg>'
        '<p class="chart-labels" aria-hidden="true">{}</p>{}</figure>'
    ).format(
        " few" if len(rows) <= _FEW else "", title, _legend(named), _told(top), len(rows) * _STEP, _HEIGHT,
        _lines(len(rows) * _STEP), drawn, _below(rows), _table(rows, named, unit),
    )  # fmt: skip


def ranks(rows: Sequence[Rank], *, title: str, unit: str) -> Markup:
    """A ranking as a table with a bar in each line; nothing where all are empty. `unit` names what is counted."""
    most = max((row.value for row in rows), default=0)
    if most <= 0:
        return Markup("")
    lines = Markup("").join(
        Markup(
            '<tr><th scope="row">{}</th><td class="chart-bar"><svg height="14" aria-hidden="true" focusable="false">'
            '<rect class="s0" width="{}%" height="14"></rect></svg></td><td class="chart-value">{}{}</td></tr>'
        ).format(_linked(row.label, row.href), round(100 * max(row.value, 0) / most, 1), _told(row.value), _note(row))
        for row in rows
    )
    return Markup(
        '<figure class="chart"><figcaption>{}</figcaption><table class="chart-ranks"><thead class="unseen"><tr>'
        '<th scope="col">Name</th><td></td><th scope="col">{}</th></tr></thead><tbody>{}</tbody></table></figure>'
    ).format(title, unit.capitalize(), lines)


def _named(rows: Iterable[Bar]) -> list[str]:
    """The series with a colour, the largest first; `others` where there are more."""
    sums: dict[str, float] = {}
    for row in rows:
        for name, value in row.parts:
            sums[name] = sums.get(name, 0) + value
    ranked = [name for name, _ in sorted(sums.items(), key=lambda one: (-one[1], one[0]))]
    return ranked if len(ranked) <= _SERIES + 1 else [*ranked[:_SERIES], OTHERS]


def _values(row: Bar, named: Sequence[str]) -> list[float]:
    """The bar's values in the order of the series."""
    found: dict[str, float] = {}
    for name, value in row.parts:
        name = name if name in named else OTHERS
        found[name] = found.get(name, 0) + value
    return [found.get(name, 0) for name in named]


def _bar(n: int, row: Bar, named: Sequence[str], top: float, unit: str) -> Markup:
    values = _values(row, named)
    floor, drawn = float(_HEIGHT), []
    for series, value in enumerate(values):
        if value > 0:
            height = _HEIGHT * value / top
            floor -= height
            drawn.append(
                Markup('<rect class="s{}" x="{}" y="{:.2f}" width="{}" height="{:.2f}"></rect>').format(
                    series, n * _STEP + _GAP / 2, floor, _STEP - _GAP, height
                )
            )
    parts = ", ".join(f"{name} {_told(value)}" for name, value in zip(named, values, strict=True) if value > 0)
    said = f"{row.label}: {_told(row.total)} {unit}" + (f" ({parts})" if len(named) > 1 and parts else "")
    whole = Markup('<title>{}</title><rect class="hit" x="{}" y="0" width="{}" height="{}"></rect>{}').format(
        said, n * _STEP, _STEP, _HEIGHT, Markup("").join(drawn)
    )
    if row.href is None:
        return Markup("<g>{}</g>").format(whole)
    return Markup('<a href="{}" tabindex="-1">{}</a>').format(row.href, whole)


def _lines(width: int) -> Markup:
    """Lines across at the top and the middle."""
    line = Markup('<line class="grid" x1="0" x2="{}" y1="{}" y2="{}"></line>')
    return Markup("").join(line.format(width, y, y) for y in (0, _HEIGHT / 2))


def _legend(named: Sequence[str]) -> Markup:
    if len(named) < 2:
        return Markup("")
    item = Markup('<li><svg width="12" height="12" focusable="false"><rect class="s{}" width="12" height="12">'
                  "</rect></svg> <bdi>{}</bdi></li>")  # fmt: skip
    found = Markup("").join(item.format(n, name) for n, name in enumerate(named))
    return Markup('<ul class="chart-legend" aria-hidden="true">{}</ul>').format(found)


def _below(rows: Sequence[Bar]) -> Markup:
    """At most five labels: the first, the last, and what lies evenly between."""
    count = min(_LABELS, len(rows))
    picked = [rows[round(n * (len(rows) - 1) / max(count - 1, 1))] for n in range(count)]
    return Markup(" ").join(Markup("<span>{}</span>").format(row.short or row.label) for row in picked)


def _table(rows: Sequence[Bar], named: Sequence[str], unit: str) -> Markup:
    shown = named if len(named) > 1 else []
    heads = Markup("").join(Markup('<th scope="col"><bdi>{}</bdi></th>').format(name) for name in [*shown, unit])
    body = Markup("").join(
        Markup('<tr><th scope="row">{}</th>{}</tr>').format(
            _linked(row.label, row.href),
            Markup("").join(
                Markup("<td>{}</td>").format(_told(value))
                for value in [*(_values(row, named) if shown else []), row.total]
            ),
        )
        for row in rows
        if row.total > 0
    )
    return Markup(
        '<details class="chart-table"><summary>The same as a table</summary>'
        '<div class="wide" tabindex="0" role="region" aria-label="Values">'
        "<table><thead><tr><td></td>{}</tr></thead><tbody>{}</tbody></table></div></details>"
    ).format(heads, body)


def _linked(label: str, href: str | None) -> Markup:
    name = Markup("<bdi>{}</bdi>").format(label)
    return name if href is None else Markup('<a href="{}">{}</a>').format(href, name)


def _note(row: Rank) -> Markup:
    return Markup(' <span class="quiet">{}</span>').format(row.note) if row.note else Markup("")


def _told(value: float) -> str:
    """`1,234`, `0.5`."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


def _round_up(value: float) -> float:
    """The next of 1, 2, 3, 4, 5, 6, 8, 10, 20 …: where the scale ends."""
    step = 1.0
    while True:
        for factor in (1, 2, 3, 4, 5, 6, 8):
            if step * factor >= value:
                return step * factor
        step *= 10
