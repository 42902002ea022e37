"""Which of a page's titles is its headline."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from pipelines.lines import key, word_count
from pipelines.people import squeezed
from pipelines.types import Claim

_DATA = "page's data"
#: Who speaks in a title of this origin; each voice counts once. The most trusted first, where all differ.
_VOICES = (
    ("jsonld", _DATA),
    ("meta:og:title", "sharing"),
    ("meta:twitter:title", "sharing"),
    ("text", "shown"),
    ("page:h1", "shown"),
    ("microdata", "shown"),
    ("news", "feed"),
    ("feed", "feed"),
    ("import", "feed"),
    ("meta", "sharing"),
    ("section", "links"),
)
_WINDOW = "meta:title"  # the browser's; it names section and site too: it has no voice, but settles a tie
_PARTING = re.compile(r"\s+(?:[|–—»«·•:/-]|::)\s+|\s*[|｜ㅣ：]\s*")
_ADDED = re.compile(r"\s*[-|–—:：｜ㅣ·•»«/\[(]")  # how what is added to a headline begins
_CUT = re.compile(r"\s*(?:…|\.\.\.)$")
_LONG = 95  # characters from which a title may have been cut without a sign, as search engines ask for
_SECTION = 2  # words of a section's name at most
_MORE = 12  # letters that a site's name has more in a title
_HEADLINE = 6  # words from which a name may be a headline
_TWICE = 2  # times the letters of a title that its line has at most
_SURELY = 15  # characters of a line that is known for the headline by its words
_SHORTEST = 8  # characters of a headline to which something was added


class _Candidate(NamedTuple):
    text: str
    key: str
    place: int  # in the order of trust
    voice: str
    claim: Claim


def best_title(claims: Sequence[Claim], site_names: Iterable[str]) -> Claim | None:
    """The headline: what most voices of the page agree on (its data, its sharing tags, what it shows, its feed), in the
    wording most of them use; where all differ the data's, then what the browser's window says too, then the one for
    sharing. Without the site's name; a title that was cut stands for the longer one."""
    titles = [claim for claim in claims if claim.field == "title" and claim.value]
    sites = {squeezed(name) for name in site_names} | _sites(claims)
    candidates = _candidates(titles, sites - {""})
    if not candidates:
        return None
    votes: dict[str, set[str]] = {}
    for one in candidates:
        votes.setdefault(one.key, set()).add(one.voice)
    ahead = max(
        candidates,
        key=lambda one: (len(votes[one.key] - {""}), _DATA in votes[one.key], "" in votes[one.key], -one.place),
    )
    same = [one for one in candidates if one.key == ahead.key]
    wordings = Counter(one.text for one in same)
    best = max(same, key=lambda one: (wordings[one.text], -one.place))
    return Claim("title", best.text, best.claim.origin)


def says_title(text: str, titles: Collection[str]) -> bool:
    """Whether a line is one of these titles (`lines.key`), or most of one: the rest names the site."""
    if len(text) > _TWICE * max(map(len, titles), default=0):  # as most lines: they need not be looked at
        return False
    said = key(text)
    if said in titles:
        return True
    return len(said) >= _SURELY and any(
        2 * len(said) > len(one) and (one.startswith(f"{said} ") or one.endswith(f" {said}")) for one in titles
    )


def _sites(claims: Sequence[Claim]) -> set[str]:
    """What the page calls its site. Some give the headline for that too: a long name that the page shows as its
    headline is none where there is another."""
    names = {squeezed(name): name for claim in claims if claim.field == "site" and (name := str(claim.value))}
    shown = {squeezed(str(claim.value)) for claim in claims if claim.field == "title" and claim.origin == "page:h1"}
    others = {name for name, text in names.items() if name not in shown or word_count(text) < _HEADLINE}
    return others or set(names)


def _candidates(titles: Sequence[Claim], sites: set[str]) -> list[_Candidate]:
    texts = dict.fromkeys(str(claim.value) for claim in titles)
    cores = [text for text in texts if len(text) >= _SHORTEST and squeezed(text) not in sites]
    cores.sort(key=len)
    keys = {key(text) for text in texts}
    named = {key(str(claim.value)) for claim in titles if claim.origin == "jsonld"}
    found = []
    for claim in titles:
        text = str(claim.value)
        place, voice = _voice(claim)
        text = _without_site(text, sites, keys)
        if key(text) not in named:
            text = next((core for core in cores if _adds(text, core)), text)
        if text and squeezed(text) not in sites:
            found.append(_Candidate(text, key(text) or text, place, voice, claim))
    return [one for one in found if not any(_is_cut_of(one, other) for other in found)] or found


def _voice(claim: Claim) -> tuple[int, str]:
    if claim.origin != _WINDOW:
        for n, (origin, voice) in enumerate(_VOICES):
            if claim.origin == origin or claim.origin.startswith(origin + ":"):
                return n, voice
    return len(_VOICES), ""


def _adds(text: str, core: str) -> bool:
    """Whether a title is another one with something set apart after it."""
    return len(text) > len(core) and text.startswith(core) and bool(_ADDED.match(text, len(core)))


def _is_cut_of(one: _Candidate, other: _Candidate) -> bool:
    """Whether one title is the beginning of the other, and says or looks so."""
    bare = _CUT.sub("", one.text)
    if bare == one.text and (len(bare) < _LONG or _adds(other.text, bare)):
        return False
    return len(other.text) > len(one.text) and other.key.startswith(key(bare))


def _without_site(title: str, sites: set[str], whole: set[str]) -> str:
    """The title without closing or opening parts that name the site, and sections named before it."""
    while parts := list(_PARTING.finditer(title)):
        tail, head = parts[-1], parts[0]
        before = title[: tail.start()]
        if _is_site(title[tail.end() :], sites):
            title = _without_sections(before)
        elif _is_site(title[: head.start()], sites):
            title = title[head.end() :]
        elif key(before) in whole and "|" in tail[0]:
            title = before
        elif key(title[head.end() :]) in whole and "|" in head[0]:
            title = title[head.end() :]
        else:
            return title
    return title


def _without_sections(title: str) -> str:
    """`Bridge to close in May | Local | News` → `Bridge to close in May`."""
    while (parts := list(_PARTING.finditer(title))) and "|" in parts[-1][0]:
        before, section = title[: parts[-1].start()], title[parts[-1].end() :]
        if word_count(section) > _SECTION or word_count(before) <= _SECTION + 1:
            break
        title = before
    return title


def _is_site(part: str, sites: set[str]) -> bool:
    """Whether a part names the site: as it calls itself, as its address does, or with a word more (online, news)."""
    name = squeezed(part)
    if name in sites:
        return True
    near = (site for site in sites if len(site) > 3 and site in name)
    return word_count(part) <= 4 and any(len(name) <= len(site) + _MORE for site in near)
