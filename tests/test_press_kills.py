"""A crawl of the press that is killed twenty times leaves the archive that it would have left undisturbed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.press import Press
from tests.press.kills import STATE, kill_and_resume

pytestmark = pytest.mark.slow


def test_killing_and_resuming_gives_the_same_archive(tmp_path: Path) -> None:
    with Press() as press:
        kills = kill_and_resume(press, tmp_path, kills=20)
    print(kills.table())
    assert kills.code == 0
    for name in STATE:
        assert kills.resumed[name] == kills.never[name], name
    # what was answered and not yet kept is all that is asked for again: at most what was on its way
    assert max(one.again for one in kills.rows) <= 64
