"""Articles without end: harmless prose made from a name, always the same for the same name."""

from __future__ import annotations

from random import Random

_WHO = (
    *("The harbour master", "A retired teacher", "The town's baker", "The bridge keeper", "A group of pupils"),
    *("The district nurse", "The ferry's cook", "Two surveyors", "The choir's treasurer", "A young carpenter"),
    *("The museum's porter", "The librarian", "A beekeeper from the hills", "The station clerk"),
)
_DID = (
    *("repaired", "counted", "described", "painted", "measured", "moved", "found", "returned", "praised", "examined"),
    *("borrowed", "sold", "opened", "photographed"),
)
_WHAT = (
    *("the old clock", "nine wooden boats", "a map of the wells", "the market's awnings", "a crate of lemons"),
    *("the northern gate", "a bell without a rope", "the school's piano", "seven lanterns", "the long ladder"),
    *("an unfinished letter", "the tide tables", "a basket of keys", "the empty greenhouse"),
)
_WHERE = (
    *("beside the quay", "in the town hall", "behind the station", "near the mill", "on the upper road"),
    *("at the edge of the forest", "under the arches", "in front of the bakery", "above the reservoir"),
    *("between the two bridges", "on the island", "in the schoolyard"),
)
_WHEN = (
    *("on Monday morning", "shortly before noon", "after the storm", "during the spring fair", "last winter"),
    *("while it was still dark", "in the week of the regatta", "for the first time in years"),
    *("to the surprise of the neighbours", "with the help of a donkey", "without saying why"),
)
_AND = (
    *("Nobody had expected it.", "The council wants to discuss it in June.", "It took the better part of a day."),
    *("The costs are not known yet.", "Several visitors stayed to watch.", "A second attempt is planned."),
    *("The reason was found in an old ledger.", "Everyone agreed that it could have been worse."),
)


def title(name: str) -> str:
    """A headline."""
    pick = Random(f"title {name}").choice
    return f"{pick(_WHO)} {pick(_DID)} {pick(_WHAT)} {pick(_WHERE)}"


def paragraphs(name: str, count: int = 7) -> tuple[str, ...]:
    """The body: `count` paragraphs of four sentences."""
    random = Random(f"body {name}")
    pick = random.choice

    def sentence() -> str:
        return f"{pick(_WHO)} {pick(_DID)} {pick(_WHAT)} {pick(_WHERE)} {pick(_WHEN)}."

    return tuple(" ".join([sentence(), sentence(), pick(_AND), sentence()]) for _ in range(count))


def page(name: str, *, nav: str = "", before: str = "", after: str = "") -> str:
    """An article page; `before` and `after` stand around its text, inside the article."""
    body = "\n".join(f"<p>{one}</p>" for one in paragraphs(name))
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title(name)}</title></head>\n'
        f'<body><nav><a href="/">Home</a> {nav}</nav>\n<article><h1>{title(name)}</h1>\n'
        f"{before}\n{body}\n{after}\n</article></body></html>\n"
    )
