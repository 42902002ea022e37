"""Floors: figures that no change may fall below. They only rise, and ceilings of wrong shares only fall."""

from __future__ import annotations

import json
import math
from pathlib import Path

from bench.measure import Figures

FILE = Path(__file__).with_name("floors.json")
_UP = ("f1", "title", "date_day", "date_minute", "authors")
_DOWN = ("last_wrong", "first_wrong", "last_lost", "first_lost")
_FINE = 1000  # figures are kept to three places

Floors = dict[str, Figures]


def below(floors: Floors, measured: Floors) -> list[str]:
    """One line per figure on the wrong side of its floor, and per set that has no floors."""
    complaints = []
    for name, found in measured.items():
        if name not in floors:
            complaints.append(f"{name}: no floors in {FILE.name}")
        for figure, floor in floors.get(name, {}).items():
            value = found[figure]
            if value > floor if figure in _DOWN else value < floor:
                side = "above its ceiling" if figure in _DOWN else "below its floor"
                complaints.append(f"{name}: {figure} is {value:.4f}, {side} {floor:.3f}")
    return complaints


def raised(floors: Floors, measured: Floors) -> Floors:
    """The floors with whatever is better now, rounded to the safe side; other sets stay."""
    better = {name: dict(row) for name, row in floors.items()}
    for name, found in measured.items():
        row = better.setdefault(name, {})
        for figure in (*_UP, *_DOWN):
            if figure not in found:
                continue
            if figure in _DOWN:
                row[figure] = min(row.get(figure, 1.0), math.ceil(found[figure] * _FINE) / _FINE)
            else:
                row[figure] = max(row.get(figure, 0.0), math.floor(found[figure] * _FINE) / _FINE)
    return better


def read() -> Floors:
    """The floors as they stand; none before the first were set."""
    return json.loads(FILE.read_text(encoding="utf-8")) if FILE.is_file() else {}


def write(floors: Floors) -> None:
    """Keep `floors`."""
    FILE.write_text(json.dumps(floors, indent=2) + "\n", encoding="utf-8")
