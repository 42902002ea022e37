"""A headline before and after as one line of safe HTML."""

from __future__ import annotations

from html import escape

from pipelines.diffs import diff_html, pieces

_ALIKE = 0.4  # share of the longer headline that stayed, from which the two are told as one


def alike(old: str, new: str) -> bool:
    """Whether one headline is the other, edited; else it is another headline."""
    kept = sum(len(words) for sign, words in pieces(old, new) if sign == " ")
    return kept >= _ALIKE * max(len(old), len(new), 1)


def told(old: str | None, new: str | None) -> str:
    """Word by word where the two are alike, else one after the other."""
    old, new = old or "", new or ""
    if alike(old, new):
        return diff_html(old, new)
    return " ".join(f"<{tag}>{escape(words)}</{tag}>" for tag, words in (("del", old), ("ins", new)) if words)
