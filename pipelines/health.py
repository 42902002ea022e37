"""What is wrong with a source, told from its own history: every figure is measured against what it was before.

A finding begins when a change is both large and no chance, and ends when the figure is about what it was, so that
one that lies on the line does not come and go. After thirty days what is new is usual. Where too little is known
nothing is said: articles and pages are judged after a week and thirty of them, the volume after four weeks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pipelines.shifts import CHANCE, at_least, shifts
from pipelines.store.figures import DAY, SAMPLE, Crawled, Figures, Polled
from pipelines.store.health import Finding, Look
from pipelines.store.waiting import FORBIDDEN
from pipelines.vitals import HOUR, WEEK, Rhythm, Weeks, rhythm, vitals, weeks

_USED_TO = 30 * DAY  # after which the new is usual
_LEARNING = 7 * DAY  # of following, before articles and pages are judged
_SHORTEST = 6 * HOUR  # silence of a wire that sleeps for minutes only: crawls themselves are no denser
_NO_ARTICLE = 2 * DAY  # from the first crawl on, until a source without any article is called silent
_BURST = 20  # articles in a week that are many in any case
_PAGES = 12  # of the latest crawls
_PAGES_BEFORE = 30
_FATES = 10  # addresses whose fate makes a finding, of the latest twenty
_WAITING = 200  # addresses from which a queue is long
_TRIES = 3  # checks in a row without an answer; a plain no counts at once
_PASSING = (0, 408, 425, 429)  # statuses that speak of the moment, with all from 500 on; 0 is no answer
_NAMES = {"feed": "feed", "sitemap": "sitemap", "section": "section page", "list": "list"}


def examine(figures: Figures, now: int) -> Look:
    """How a source is at this moment: its vitals and its findings. `now` is in seconds since 1970."""
    beat, week = rhythm(figures, now), weeks(figures, now)
    before = {one.key: one for one in figures.open if now - (one.found_at or now) < _USED_TO}
    own = {kind: one for (kind, feed_id), one in before.items() if feed_id is None}
    found = [
        *_feeds(figures, now),
        *(_silent(figures, beat) or _volume(beat, week, own)),
        *_alike(figures, own),
    ]
    if figures.since is not None and now - figures.since >= _LEARNING:
        found += [*shifts(figures, now, own), *_rejected(figures, own)]
    found += [*_all_rejected(figures), *_fates(figures, own), *_queue(figures, now, own)]
    unique = {one.key: one for one in found}
    kept = {one.key: one for one in figures.open}
    # a finding keeps the beginning and the usual figure that it was written down with
    again = tuple(
        replace(one, usual=kept[key].usual, began_at=kept[key].began_at) if key in kept else one
        for key, one in unique.items()
    )
    return Look(source=figures.source, vitals=vitals(figures, now, beat, week), findings=again)


def span(seconds: float) -> str:
    """A time span in words, as coarse as it may be: `40 minutes`, `4 hours`, `9 days`."""
    for size, name, enough in ((DAY, "day", 2 * DAY), (HOUR, "hour", 100 * 60), (60, "minute", 0)):
        if seconds >= enough:
            n = max(1, round(seconds / size))
            return f"{n:,} {name}{'' if n == 1 else 's'}"
    raise ValueError(seconds)


def remedy(kind: str, figures: Figures) -> str:
    """What a person can do about a finding of this kind."""
    check = f"`tearsheet sources check {figures.source}`"
    home = figures.homepage or "its homepage"
    match kind.partition(":")[0]:
        case "silent" | "fewer" | "feed" | "undiscovered":
            return f"look at {home}; {check} finds its feeds anew"
        case "length" | "dates" | "authors" | "standfirsts" | "alike" | "cut":
            return (
                "compare a page and its ledger: `tearsheet show ID --ledger`; `page` in the sources file names the text"
            )
        case "burst":
            return (
                "see whether they are articles: `tearsheet query latest`; `ignore` in the sources file keeps links out"
            )
        case "queue":
            return f"crawl it more often: `tearsheet crawl {figures.source}`"
        case _:
            return "`tearsheet query missing` names the pages and says why"


def _silent(figures: Figures, beat: Rhythm) -> list[Finding]:
    """Nothing new for much longer than ever, though its feeds answer and nothing waits to be fetched."""
    end = figures.last_success_at
    if end is None:
        return []
    if not figures.articles:
        followed = end - (figures.since or end)
        if followed <= _NO_ARTICLE or figures.queued:
            return []
        detail = f"no article in the {span(followed)} since it is followed"
        return [Finding(kind="silent", detail=detail, began_at=figures.since)]
    if beat.newest is None or beat.patience is None or beat.usual is None or beat.longest is None:
        return []
    silence = end - max(beat.newest, figures.waiting_at or 0)
    if silence <= max(_SHORTEST, beat.patience):
        return []
    detail = f"silent for {span(silence)}, usually {span(beat.usual)}, at most {span(beat.longest)}"
    hours, usual = round(silence / HOUR, 1), round(beat.usual / HOUR, 1)
    return [Finding(kind="silent", detail=detail, value=hours, usual=usual, began_at=beat.newest)]


def _volume(beat: Rhythm, week: Weeks, before: dict[str, Finding]) -> Iterator[Finding]:
    """Far fewer or far more articles in seven days: beyond what chance and its own weeks vary by, four or six times."""
    n, usual, spread = week.present, week.usual, week.spread
    if usual is None:  # a finding stays where the weeks cannot be compared any more
        yield from (before[kind] for kind in ("fewer", "burst") if kind in before)
        return
    paused = beat.patience is not None and week.pause > beat.patience  # what was said as silence is over
    was: dict[str, float] = {kind: before[kind].usual or 0.0 for kind in ("fewer", "burst") if kind in before}
    ill = {
        "fewer": n < 0.75 * was["fewer"] if "fewer" in was else n < min(usual / 2, usual - 4 * spread) and not paused,
        "burst": n > 1.5 * was["burst"] if "burst" in was else n > max(2.5 * usual, usual + 6 * spread, _BURST),
    }
    for kind in (kind for kind, it_is in ill.items() if it_is):
        before_it = was.get(kind, usual)
        detail = f"{_many(n, 'article')} in the last 7 days, usually {before_it:,.0f}"
        yield Finding(kind=kind, detail=detail, value=n, usual=before_it)


def _alike(figures: Figures, before: dict[str, Finding]) -> Iterator[Finding]:
    """Most of the newest articles have one and the same text: a notice, a wall, a page for all."""
    if figures.copies >= (SAMPLE // 3 if "alike" in before else 2 * SAMPLE // 3):
        detail = f"the same text on {figures.copies} of the latest {SAMPLE} articles: a wall or a notice?"
        yield Finding(kind="alike", detail=detail, value=figures.copies, usual=1)


def _rejected(figures: Figures, before: dict[str, Finding]) -> Iterator[Finding]:
    """Pages of the latest crawls that were rejected for one reason, far more than before."""
    latest, earlier = _latest(figures.crawls)
    now, past = _sum(latest), _sum(earlier)
    for reason in sorted({*now.rejected, *(kind.partition(":")[2] for kind in before if kind.startswith("rejected:"))}):
        kind, n = f"rejected:{reason}", now.rejected.get(reason, 0)
        share = n / max(1, now.read)
        if one := before.get(kind):
            usual = one.usual or 0.0
            ill = not now.read or share >= usual + 0.15
        else:
            usual = (past.rejected.get(reason, 0) + 0.5) / (past.read + 1)
            ill = (
                now.read >= _PAGES
                and past.read >= _PAGES_BEFORE
                and share >= max(usual + 0.3, 2 * usual)
                and at_least(n, now.read, usual) < CHANCE
            )
        if ill:
            began = latest[0].at if latest else None
            detail = f"{n} of the latest {_many(now.read, 'page')} rejected as {reason}, usually {usual:.0%}"
            yield Finding(kind=kind, detail=detail, value=share, usual=usual, began_at=began)


def _all_rejected(figures: Figures) -> Iterator[Finding]:
    """A source that gave pages from the first day, and never an article."""
    total = _sum(figures.crawls)
    if not figures.articles and total.read >= _FATES and not total.articles:
        reason, n = Counter(total.rejected).most_common(1)[0]
        detail = f"all {total.read:,} pages rejected, {n:,} as {reason}"
        yield Finding(kind=f"rejected:{reason}", detail=detail, value=1.0, usual=0.0, began_at=figures.since)


def _latest(crawls: Sequence[Crawled]) -> tuple[list[Crawled], list[Crawled]]:
    """The last crawls that read a dozen pages together, and those before them."""
    read = start = 0
    for start in range(len(crawls) - 1, -1, -1):
        read += crawls[start].read
        if read >= _PAGES:
            break
    return list(crawls[start:]), list(crawls[:start])


def _sum(crawls: Sequence[Crawled]) -> Crawled:
    rejected: Counter[str] = Counter()
    for one in crawls:
        rejected.update(one.rejected)
    return Crawled(
        at=0,
        found=sum(one.found for one in crawls),
        fetched=sum(one.fetched for one in crawls),
        articles=sum(one.articles for one in crawls),
        rejected=dict(rejected),
    )


def _fates(figures: Figures, before: dict[str, Finding]) -> Iterator[Finding]:
    """Nearly all of the newest addresses were refused, or failed."""
    fates = figures.fates
    if len(fates) < _FATES:
        return
    for kind, state, begins, stays, words in (
        ("refused", "refused", 0.9, 0.5, "refused"),
        ("failing", "failed", 0.8, 0.4, "could not be fetched"),
    ):
        reasons = Counter(one.reason for one in fates if one.state == state)
        n = sum(reasons.values())
        if n >= (stays if kind in before else begins) * len(fates):
            why = reasons.most_common(1)[0][0]
            detail = f"{n} of the latest {len(fates)} addresses {words}: {why[:120]}"
            began = min(one.found_at for one in fates if one.state == state)
            yield Finding(kind=kind, detail=detail, value=n / len(fates), usual=0.0, began_at=began)


def _queue(figures: Figures, now: int, before: dict[str, Finding]) -> Iterator[Finding]:
    """More addresses are found than fetched, over days and several crawls, and more wait than three days fetch."""
    crawls = [one for one in figures.crawls if one.at > now - WEEK]
    if "queue" not in before and (len(crawls) < _TRIES or crawls[-1].at - crawls[0].at < 2 * DAY):
        return
    week = _sum(crawls)
    days = (now - crawls[0].at) / DAY if crawls else 7.0
    a_day = week.fetched / max(1.0, days)
    grows = week.found > 1.1 * week.fetched
    wait = figures.queued / max(1.0, a_day)
    if (figures.queued >= _WAITING and grows and wait > 3) or ("queue" in before and figures.queued and wait > 1):
        detail = (
            f"the queue grows: {figures.queued:,} wait, {week.found:,} found and {week.fetched:,} fetched in 7 days"
        )
        yield Finding(kind="queue", detail=detail, value=figures.queued, usual=a_day)


def _feeds(figures: Figures, now: int) -> Iterator[Finding]:
    """Feeds that do not answer as they did; of a source where nothing ever worked one finding for all."""
    checked = figures.feeds
    if checked and not any(one.worked_at for one in checked):
        problem = next((one.problem for one in checked if one.problem), "")
        home = figures.homepage or checked[0].url
        detail = f"nothing that lists articles was ever found at {home}: {problem}".rstrip(": ")
        yield Finding(kind="undiscovered", detail=detail, began_at=figures.since)
        return
    for feed in checked:
        if feed.failures and _matters(feed, checked, now):
            yield Finding(
                kind="feed", feed_id=feed.id, detail=_said(feed), value=feed.failures, usual=0, began_at=feed.worked_at
            )


def _matters(feed: Polled, others: Sequence[Polled], now: int) -> bool:
    """Whether a feed that fails is a loss: outlets drop sitemaps and sections, and announce what never was there."""
    lasting = feed.failures >= _TRIES or not (feed.status in _PASSING or feed.status >= 500)
    if not lasting and FORBIDDEN not in feed.problem:
        return False
    well = [one for one in others if not one.failures]
    if feed.given or not well:
        return True
    if feed.worked_at is None or any(one.kind == feed.kind != "feed" for one in well):
        return False
    return now - feed.worked_at < _USED_TO


def _said(feed: Polled) -> str:
    name = _NAMES.get(feed.kind, feed.kind)
    if feed.status >= 400:
        return f"{name} answers {feed.status}: {feed.url}"
    if FORBIDDEN in feed.problem:
        return f"robots.txt forbids the {name}: {feed.url}"
    if feed.status == 0:
        return f"{name} does not answer ({feed.problem[:120] or 'no reason known'}): {feed.url}"
    return f"{name} is none any more ({feed.problem[:120]}): {feed.url}"


def _many(n: int, one: str) -> str:
    return f"{n:,} {one}{'' if n == 1 else 's'}"
