"""Scripts: which are written without spaces between words, and texts folded as the search index folds them."""

from __future__ import annotations

import re
import unicodedata

#: Characters of scripts that put no space between words, and Hangul, whose words take endings. The view
#: `articles_pieces` names the same ones: what stands in both is found by its characters, anything else by its words.
SPACELESS = (
    (0x0E00, 0x109F), (0x1100, 0x11FF), (0x1780, 0x17FF), (0x1950, 0x1AAF), (0x3005, 0x3007), (0x3040, 0x9FFF),
    (0xA960, 0xA97F), (0xAA60, 0xAA7F), (0xAC00, 0xD7FF), (0xF900, 0xFAFF), (0xFF66, 0xFFDC), (0x20000, 0x3FFFF),
)  # fmt: skip
WORD = re.compile(r"[^\W_]+")
_SPACELESS = re.compile("[" + "".join(f"{chr(first)}-{chr(last)}" for first, last in SPACELESS) + "]")


def is_spaceless(text: str) -> bool:
    """Whether it is to be found by its characters, since no space tells where its words end."""
    return not text.isascii() and _SPACELESS.search(text) is not None


def has_word(text: str) -> bool:
    """Whether there is something in it to look for: a letter or a figure."""
    return any(unicodedata.category(char)[0] in "LN" for char in text)


class _Folds(dict[int, str]):
    """What each character is folded to, one for one, so that places stay; filled as they come."""

    def __missing__(self, number: int) -> str:
        char = chr(number)
        if char.isascii():
            folded = char.lower()
        else:
            base = unicodedata.normalize("NFD", char)
            bare = base[0] if all(unicodedata.combining(one) for one in base[1:]) else char
            lower = bare.lower()
            folded = lower if len(lower) == 1 else bare
        if len(self) < 100_000:
            self[number] = folded
        return folded


_FOLDS = _Folds()


def folded(text: str) -> str:
    """The text without case and accents, character for character; composed (NFC) text folds best."""
    return text.lower() if text.isascii() else text.translate(_FOLDS)
