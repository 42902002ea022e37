"""Every page that the explorer has, by name: ours, with ordinary and with hostile rows, and Datasette's own."""

from __future__ import annotations

import hashlib
from urllib.parse import quote, urlencode

from pipelines.explore.questions import questions
from tests.browser_stock import EDITED, EVIL, STORY, TONGUES, WORDS
from tests.reading_room import ARABIC, FERRY, HOSTILE, WIRE

#: What questions are asked with, by the name of their parameter.
_ANSWERS = {"source": "post", "article": str(STORY), "rule": "share-counts", "address": "live", "words": "ferry"}

OURS = {
    "front": "/",
    "search form": "/-/search",
    "search": "/-/search?q=ferry",
    "search, second page": "/-/search?q=harbour&page=2",
    "search, newest": "/-/search?q=harbour&sort=newest",
    "search, broken": "/-/search?q=ferry+AND",
    "search, nothing": "/-/search?q=nothingofthekind",
    "search, hostile rows": "/-/search?q=body",
    "search, hostile words": f"/-/search?q={quote('<script>window.ran=7</script>')}",
    "article": f"/-/article/{FERRY}",
    "article, cuts": f"/-/article/{FERRY}?cuts=1",
    "article, edited": f"/-/article/{EDITED}",
    "article, right to left": f"/-/article/{ARABIC}",
    "article, Chinese": f"/-/article/{TONGUES[1][0]}",
    "article, hostile": f"/-/article/{HOSTILE + 7}",
    "article, hostile cuts": f"/-/article/{HOSTILE + 7}?cuts=1",
    "article, hostile notes": f"/-/article/{WIRE}",
    "article, edits side by side": f"/-/article/{EDITED}?from=1&to=3&diff=side",
    "article, missing": "/-/article/12",
    "wording": f"/-/digest/{hashlib.sha256(WORDS.encode()).hexdigest()}",
    "source": "/-/source/post",
    "source, hostile": f"/-/source/{quote(EVIL, safe='')}",
    "story": f"/-/story/{STORY}",
    "story, hostile": f"/-/story/{HOSTILE + 7}",
    "changes": "/-/changes",
    "removals": "/-/removals",
    "removals of a rule": "/-/removals/share-counts",
    "changes of a kind": "/-/changes?kind=correction",
    "watches": "/-/watches",
    "watch": "/-/watch/ferries",
    **{
        f"question {one.name}": f"/-/question/{one.name}?"
        + urlencode({name: _ANSWERS.get(name, "ferry") for name in one.params})
        for one in questions()
    },
}
#: Those that have nothing of their own to look at: one look is enough.
LIKE_OTHERS = {
    "search, second page",
    "search, newest",
    "search, broken",
    "search, hostile words",
    "article, right to left",
    "article, Chinese",
    *(f"question {one.name}" for one in questions() if one.name not in ("coverage", "latest", "syndicated")),
}
THEIRS = {
    "index": "/-/",
    "database": "/archive",
    "articles": "/archive/articles?_all=on",
    "article row": f"/archive/articles/{HOSTILE + 7}",
    "entries": "/archive/entries?_all=on",
    "findings": "/archive/findings",
    "changes table": "/archive/changes",
    "rejected": "/archive/rejected",
    "ledger": "/archive/ledger",
    "latest": "/archive/latest",
    "headlines": "/archive/headlines",
    "raw source": "/-/capture/1",
    "error": "/nothing/here",
}
