"""The language a text is written in, as an ISO 639-1 code."""

from __future__ import annotations

import re
from collections.abc import Iterable

import py3langid

_SAMPLE = 1000  # characters; more does not change the answer
_GLANCE = 250  # that agree with a label are enough
#: Languages that only their own script writes; a label that contradicts the script is wrong.
_SCRIPTS = (
    (re.compile(r"[\u0600-\u06ff]"), {"ar", "fa", "ur", "ps", "ckb", "sd", "ug"}),
    (re.compile(r"[\u0400-\u04ff]"), {"ru", "uk", "be", "bg", "sr", "mk", "kk", "ky", "mn", "tg", "tt"}),
    (re.compile(r"[\u3040-\u30ff]"), {"ja"}),
    (re.compile(r"[\u4e00-\u9fff]"), {"zh", "ja"}),
    (re.compile(r"[\uac00-\ud7af]"), {"ko"}),
    (re.compile(r"[\u0590-\u05ff]"), {"he", "yi"}),
    (re.compile(r"[\u0e00-\u0e7f]"), {"th"}),
    (re.compile(r"[\u0900-\u097f]"), {"hi", "mr", "ne", "sa"}),
    (re.compile(r"[\u0370-\u03ff]"), {"el"}),
)
_ALIASES = {"wuu": "zh", "yue": "zh", "cmn": "zh", "iw": "he", "in": "id", "nb": "no", "nn": "no"}
_FIRST = "\u0370"  # below it there are Latin letters only


def code_of(label: object) -> str | None:
    """The language part of a label such as `en-GB`, `de_AT` or `AR`; None where it is no label."""
    match = re.match(r"\s*([A-Za-z]{2,3})(?:[-_]|\s*$)", str(label or ""))
    return _ALIASES.get(match[1].lower(), match[1].lower()) if match else None


def language_of(text: str, labels: Iterable[object] = ()) -> str | None:
    """The language of a text. A label is trusted unless the script or a sure reading of the text contradicts it."""
    sample = text[:_SAMPLE]
    letters = sum(map(str.isalpha, sample))
    declared = [code for code in map(code_of, labels) if code]
    if letters < 20:
        return declared[0] if declared else None
    for code in declared:
        if _fits(code, sample, letters):
            if letters < 200 or _read(sample[:_GLANCE]) == code:
                return code
            read = _read(sample)
            # a page of one language in another's template: the text knows better, if two readings of it agree
            if read == code or _read(text[-_SAMPLE:]) != read:
                return code
            return read
    return _read(sample)


def _fits(code: str, sample: str, letters: int) -> bool:
    plain = max(sample) < _FIRST
    for pattern, codes in _SCRIPTS:
        share = 0 if plain else len(pattern.findall(sample)) / letters
        if share > 0.5 and code not in codes:
            return False
        if code in codes and len(codes) == 1 and share < 0.1:
            return False
    return True


def _read(sample: str) -> str:
    code = str(py3langid.classify(sample)[0])
    return _ALIASES.get(code, code)
