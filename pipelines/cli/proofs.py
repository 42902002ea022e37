"""The proof of a capture, as a shell script that anyone can run who has sha256sum, and trusts nothing of ours."""

from __future__ import annotations

import json
from collections.abc import Iterator

from pipelines.cli.output import Row, emit, say
from pipelines.errors import ArchiveError
from pipelines.explore.words import many
from pipelines.store.archive import Archive
from pipelines.store.faults import explained
from pipelines.store.seals import Proof, proof, seal_text

_HEAD = """\
#!/bin/sh
# Capture {capture} was in the archive when seal {seal} was made, on {made_at}.
# Run this with sh; it takes sed and sha256sum. How it goes up is laid down in RFC 9162, section 2.1.
{body}
hash() {{ sha256sum | cut -c1-64; }}
raw() {{ for byte in $(printf %s "$1" | sed 's/../& /g'); do printf "\\\\$(printf %03o "0x$byte")"; done; }}
node() {{ {{ raw 01; raw "$1"; raw "$2"; }} | hash; }}
fits() {{ [ "$2" = "$3" ] && echo "fits: $1 $2" || {{ echo "DOES NOT FIT: $1 is $2, not $3"; exit 1; }}; }}
"""


def prove(archive: Archive, capture_id: int, form: str | None) -> None:
    """Put out the proof of a capture. Raises ArchiveError where it is not sealed yet."""
    with explained(archive.path):
        found = proof(archive.db.conn, capture_id)
    if found is None:
        raise ArchiveError(f"{archive.path}: capture {capture_id} is not sealed yet; the end of each run seals")
    emit(_rows(found), form, lambda _: _script(found))
    newest = (found.later or [found.seal])[-1]
    say(f"leaf {found.n} of {found.seal['count']} in seal {found.seal['id']}; {many(len(found.later), 'later seal')}")
    say(f"it counts for whoever has the digest of seal {newest['id']} from elsewhere: {newest['digest']}")


def _rows(found: Proof) -> Iterator[Row]:
    text = found.text.decode() if found.text else None
    yield {"what": "leaf", "side": None, "digest": found.digest, "text": text}
    yield from ({"what": "sibling", "side": side, "digest": node.hex(), "text": None} for side, node in found.steps)
    yield {"what": "root", "side": None, "digest": found.seal["root"], "text": None}
    for one in (found.seal, *found.later):
        yield {"what": f"seal {one['id']}", "side": None, "digest": one["digest"], "text": seal_text(one).decode()}


def _script(found: Proof) -> str:
    return "\n".join([_head(found), *_leaf(found), *_way_up(found), *_chain(found)])


def _head(found: Proof) -> str:
    body = "# Its page and address were forgotten since; the digest is all that is left."
    if found.text:
        leaf = json.loads(found.text)
        body = f"# {json.dumps(leaf['url'])}, fetched at {leaf['fetched_at']}"
        if leaf["body"]:
            body += f"\n# The page itself: tearsheet show ID --raw | sha256sum   gives {leaf['body']}"
    return _HEAD.format(capture=found.capture_id, seal=found.seal["id"], made_at=found.seal["made_at"], body=body)


def _leaf(found: Proof) -> Iterator[str]:
    if found.text is None:
        yield f"leaf={found.digest}"
    else:
        yield from _hashed("leaf", found.text.decode(), "'TEXT'")
        yield f'fits leaf "$leaf" {found.digest}'


def _way_up(found: Proof) -> Iterator[str]:
    yield '\nroot=$({ raw 00; raw "$leaf"; } | hash)'
    for side, node in found.steps:
        yield f'root=$(node {node.hex()} "$root")' if side == "left" else f'root=$(node "$root" {node.hex()})'
    yield f'fits root "$root" {found.seal["root"]}'


def _chain(found: Proof) -> Iterator[str]:
    """Each seal's text holds what was computed before it: the root, or the digest of the seal before."""
    for one in (found.seal, *found.later):
        first = one is found.seal
        text = seal_text({**one, "root": "$root"} if first else {**one, "previous": "$seal"}).decode()
        yield ""
        yield from _hashed("seal", text, "TEXT")
        yield f'fits "seal {one["id"]}" "$seal" {one["digest"]}'


def _hashed(name: str, line: str, mark: str) -> Iterator[str]:
    yield f"{name}=$(hash <<{mark}\n{line}TEXT\n)"
