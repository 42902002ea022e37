"""Which files there are: those that were named, and all that lie in folders that were."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from pipelines.errors import ReadError

#: What a browser calls the folder of what a saved page shows, after the page's name; it does so in its user's language.
_BESIDE = re.compile(
    r"[ _.-](?:files?|dateien|fichiers|archivos|arquivos|ficheiros|fitxers|bestanden|filer|pliki|soubory|súbory|fájlok"
    r"|fişiere|dosyalar|tiedostot|datoteke|failid|bylos|faylar|файлы|файли|αρχεία|文件|檔案|ファイル|파일)$",
    re.IGNORECASE,
)
_PAGES = (".html", ".htm", ".xhtml", ".mht", ".mhtml")


def find(paths: Iterable[Path]) -> list[tuple[Path, bool]]:
    """Every file at `paths`, and whether it was named itself: folders with all below them in sorted order.

    Hidden files are passed over; of what a browser put beside a page it saved only the folder is named.
    Raises ReadError for a path that is not there.
    """
    paths = list(paths)
    for path in paths:
        if not path.exists():
            raise ReadError(f"{path}: no such file or folder; check the spelling")
    found: list[tuple[Path, bool]] = []
    for path in paths:
        found += [(one, False) for one in _below(path)] if path.is_dir() else [(path, True)]
    return found


def _below(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        pages = {name.lower().rpartition(".")[0] for name in names if name.lower().endswith(_PAGES)}
        beside = [name for name in folders if _BESIDE.sub("", name.lower()) in pages and _BESIDE.search(name)]
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in beside)
        yield from (Path(place, name) for name in sorted([*names, *beside]) if not name.startswith("."))
