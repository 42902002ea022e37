"""How one value is chosen among the claims for a field. Each function states its rule; none looks beyond its claims."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from pipelines.dates import Moment, comparable, moment_of
from pipelines.lines import fold
from pipelines.types import Claim

_DATE_ORDER = (
    "jsonld", "meta", "microdata", "page:time", "rule", "feed", "news", "import", "sitemap", "page:date", "dateline",
    "url", "page:state",
)  # fmt: skip
#: Origins that speak of the article itself: by them a published time that is the last change can be seen through.
_OWN_DATES = ("jsonld", "meta", "rule", "feed", "news", "import", "url")
_AHEAD = timedelta(days=1)  # how far a clock may run ahead of the capture


def rank(claim: Claim, order: Sequence[str]) -> int:
    """Place of a claim's origin in an order of trust; unknown origins come last."""
    for n, origin in enumerate(order):
        if claim.origin == origin or claim.origin.startswith(origin + ":"):
            return n
    return len(order)


def of(claims: Iterable[Claim], field: str) -> list[Claim]:
    """The claims for one field."""
    return [claim for claim in claims if claim.field == field and claim.value not in (None, "")]


def best_moment(claims: Sequence[Claim], field: str, seen: datetime, zone: str | None) -> tuple[Moment, Claim] | None:
    """The time with the most trusted origin that does not lie after the capture, in the finest form of its day.

    A published time that equals the time of the last change yields to an earlier one of another day, if that too
    speaks of the article as a whole: other times on a page belong to other articles.
    """
    moments = []
    for claim in of(claims, field):
        moment = moment_of(claim.value, zone)
        if moment and moment.precision != "partial" and comparable(moment.value) <= seen + _AHEAD:
            moments.append((rank(claim, _DATE_ORDER), moment, claim))
    if not moments:
        return None
    moments.sort(key=lambda one: one[0])
    _, moment, claim = moments[0]
    if field == "published_at":
        changed = {m.value for one in of(claims, "modified_at") if (m := moment_of(one.value, zone))}
        earlier = [one for one in moments if one[1].day < moment.day and rank(one[2], _OWN_DATES) < len(_OWN_DATES)]
        if moment.value in changed and earlier:
            _, moment, claim = earlier[0]
    for _, other, mate in moments:
        finer = (other.precision in ("minute", "second"), other.value.endswith("Z"))
        if finer > (moment.precision in ("minute", "second"), moment.value.endswith("Z")) and _same_day(moment, other):
            moment, claim = other, mate
    return moment, claim


def _same_day(one: Moment, other: Moment) -> bool:
    """Whether two moments may be the same: equal as far as the coarser goes, zones aside."""
    if len(one.value) < 10:
        return other.value.startswith(one.value)
    apart = abs(comparable(one.value) - comparable(other.value))
    return apart <= timedelta(hours=14 if "T" in one.value else 38)


def distinct(values: Iterable[object]) -> tuple[str, ...]:
    """Texts once each, in order, letter case aside."""
    seen: dict[str, str] = {}
    for value in values:
        text = str(value).strip()
        if text:
            seen.setdefault(fold(text), text)
    return tuple(seen.values())
