"""Changes in what the articles of a source have: their length, their fields, and how much is cut off."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import exp, lgamma, log, log1p
from statistics import median

from pipelines.store.figures import DAY, Figures, Shape
from pipelines.store.health import Finding
from pipelines.vitals import cut_share

#: The chance that a test finds what is none: at three hundred sources, looked at in seven ways a day, one in a year.
CHANCE = 1e-6
_FEWEST, _MOST = 12, 60  # of the latest articles: a day of them, within these bounds
_HISTORY = 30  # articles before them, at least
_FRESH = 30 * DAY  # the latest articles are no older than this
_MONTH = 28  # days over which articles are counted to know what a day brings


@dataclass(frozen=True, slots=True)
class _Measure:
    """A figure of articles, and when a change of it is too large to be normal and too large still."""

    kind: str
    of: Callable[[Shape], float]
    begins: Callable[[float, float], bool]  # (now, usual)
    stays: Callable[[float, float], bool]
    words: str  # with {now} and {usual} as percentages


_LENGTH = _Measure(
    "length",
    lambda one: float(one.length),
    lambda now, usual: now <= 0.6 * usual or now >= 1.8 * usual,
    lambda now, usual: now <= 0.8 * usual or now >= 1.4 * usual,
    "",
)
_CUT = _Measure(
    "cut",
    cut_share,
    lambda now, usual: now >= usual + 0.25,
    lambda now, usual: now >= usual + 0.15,
    "{now} of the text cut off{since}, usually {usual}: layout change?",
)
#: Lost is what half of the articles had that have it no more; what fewer than a third had is nothing to count on.
_SHARES = tuple(
    _Measure(
        kind,
        of,
        lambda now, usual: usual >= 0.3 and now <= usual / 2,
        lambda now, usual: now <= 0.75 * usual,
        f"{what} on {{now}} of the articles{{since}}, usually {{usual}}: layout change?",
    )
    for kind, what, of in (
        ("dates", "a date", lambda one: float(one.dated)),
        ("authors", "an author", lambda one: float(one.authored)),
        ("standfirsts", "a standfirst", lambda one: float(one.standfirst)),
    )
)


def shifts(figures: Figures, now: int, before: dict[str, Finding]) -> Iterator[Finding]:
    """What changed in the latest articles; `before` holds the findings that are still open, by kind.

    A test looks at the articles of about a day, then at twice and four times as many: less is seen of fewer.
    """
    shapes = figures.shapes
    a_day = sum(one.at > now - _MONTH * DAY for one in shapes) / _MONTH
    fewest = round(min(max(a_day, _FEWEST), _MOST))
    for measure in (_LENGTH, _CUT, *_SHARES):
        values = [measure.of(one) for one in shapes]
        if open_one := before.get(measure.kind):
            yield from _still(measure, open_one, values, fewest)
            continue
        for n in (fewest, 2 * fewest, 4 * fewest):
            if len(values) - n < max(_HISTORY, n) or shapes[-n].at < now - _FRESH:
                break
            if found := _test(measure, values, n, fewest):
                change = _found(measure, shapes, values, *found)
                if (change.began_at or now) >= now - _FRESH:  # an older one is the usual by now
                    yield change
                break


def _test(measure: _Measure, values: Sequence[float], n: int, fewest: int) -> tuple[float, float] | None:
    """The figure now and the usual one where the latest `n` are another kind than those before, else None."""
    history, latest = values[:-n], values[-n:]
    now = _middle(measure, latest)
    usual = _middle(measure, history)
    if not measure.begins(now, usual) or not measure.stays(_middle(measure, values[-fewest:]), usual):
        return None  # no change, or one that is over
    if measure in _SHARES:
        without = [sum(not value for value in part) for part in (history, latest)]
        chance = at_least(without[1], n, (without[0] + 0.5) / (len(history) + 1))
    else:  # nearly all lie where a fifth of the earlier ones did
        earlier, fifth = sorted(history), len(history) // 5
        low, high = earlier[fifth], earlier[-1 - fifth]
        chance = at_least(sum(value < low if now < usual else value > high for value in latest), n, 0.2)
    return (now, usual) if chance < CHANCE else None


def _middle(measure: _Measure, values: Sequence[float]) -> float:
    return sum(values) / len(values) if measure in _SHARES else float(median(values))


def at_least(k: int, n: int, p: float) -> float:
    """The probability of k or more hits in n tries of probability p, which is neither 0 nor 1."""
    ways = lgamma(n + 1)
    return sum(
        exp(ways - lgamma(i + 1) - lgamma(n - i + 1) + i * log(p) + (n - i) * log1p(-p)) for i in range(k, n + 1)
    )


def _found(measure: _Measure, shapes: Sequence[Shape], values: Sequence[float], now: float, usual: float) -> Finding:
    began = shapes[_turn([abs(value - now) < abs(value - usual) for value in values])].at
    return Finding(kind=measure.kind, detail=_told(measure, now, usual, began), value=now, usual=usual, began_at=began)


def _still(measure: _Measure, one: Finding, values: Sequence[float], fewest: int) -> Iterator[Finding]:
    """The open finding again, until the latest articles, and twice as many, are about as they were before it."""
    usual = one.usual or 0.0
    if not values:
        yield one
        return
    now, longer = (_middle(measure, values[-n:]) for n in (fewest, 2 * fewest))
    if measure.stays(now, usual) or measure.stays(longer, usual):
        yield replace(one, detail=_told(measure, now, usual, one.began_at), value=now)


def _turn(new: Sequence[bool]) -> int:
    """Where the change began: the start of the end that holds most of the new and least of the old."""
    best, at, height = 0, len(new) - 1, 0
    for n in range(len(new) - 1, -1, -1):
        height += 1 if new[n] else -1
        if height > best:
            best, at = height, n
    return at


def _told(measure: _Measure, value: float, usual: float, began: int | None) -> str:
    since = f" since {day(began)}" if began is not None else ""
    if measure is _LENGTH:
        ratio = _ratio(value / max(1.0, usual))
        return f"length {ratio}{since} ({value:,.0f} characters, usually {usual:,.0f}): layout change?"
    return measure.words.format(now=f"{value:.0%}", usual=f"{usual:.0%}", since=since)


def _ratio(ratio: float) -> str:
    if 0.4 <= ratio <= 0.6:
        return "halved"
    if 1.8 <= ratio <= 2.2:
        return "doubled"
    return f"down by {1 - ratio:.0%}" if ratio < 1 else f"{ratio:.1f} times as long"


def day(at: int) -> str:
    """A day in words: `Tuesday 17 November`."""
    moment = datetime.fromtimestamp(at, UTC)
    return f"{moment:%A} {moment.day} {moment:%B}"
