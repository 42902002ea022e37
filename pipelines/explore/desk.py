"""A desk's door: who may come in, and the page where one signs in."""

from __future__ import annotations

import asyncio
import time
from typing import Any
from urllib.parse import quote

from datasette import NotFound, Request, Response
from datasette.utils import baseconv
from itsdangerous import BadSignature

from pipelines.explore.compat import archive_of
from pipelines.explore.pages import render
from pipelines.explore.passwords import Tries, hashed, matches, stamp
from pipelines.explore.terms import EVERYBODY, Terms, terms_of

PATH = "/-/sign-in"
_OPEN = ("/-/static/", "/-/static-plugins/")
_COOKIE = "ds_actor"  # Datasette's own: its pages know who is there, and its page to log out works
_DAYS = 30
_LONGEST = 1000  # characters of a name or password


class Door:
    """The tries of those who want to come in, and one check of a password at a time."""

    def __init__(self) -> None:
        self.tries = Tries()
        self.checking = asyncio.Lock()  # each check takes memory and a core
        self.nobody = hashed("")  # so that a name nobody has takes as long as one with a wrong password


def refused(datasette: Any, scope: Any, path: str) -> Any | None:
    """What a reader who has not signed in gets instead of the page; None for one who may see it."""
    terms = terms_of(datasette)
    if not terms.users or path == PATH or path.startswith(_OPEN) or _actor(datasette, terms, Request(scope, None)):
        return None
    if scope["method"] not in ("GET", "HEAD") or "." in path.rpartition("/")[2]:
        return Response.text(f"Sign in first, at {datasette.urls.path(PATH)}\n", status=401)
    query = scope.get("query_string", b"").decode("latin-1")
    wanted = path + (f"?{query}" if query else "")
    onward = "" if wanted == "/" else f"?next={quote(wanted, safe='')}"
    return Response.redirect(f"{datasette.urls.path(PATH)}{onward}", status=303)


async def page(datasette: Any, request: Any) -> Any:
    """The form, and what became of it."""
    terms = terms_of(datasette)
    if not terms.users:
        raise NotFound("Nobody needs to sign in here")
    onward = _inside(request.args.get("next") or "")
    if request.method != "POST":
        return await _form(datasette, request, terms, onward)
    given = await request.post_vars()
    name = EVERYBODY if list(terms.users) == [EVERYBODY] else (given.get("name") or "").strip()[:_LONGEST]
    problem = await _problem(datasette, request, terms, name, (given.get("password") or "")[:_LONGEST])
    if problem:
        return await _form(datasette, request, terms, onward, name=name, problem=problem)
    response = Response.redirect(datasette.urls.path(onward or "/"), status=303)
    until = baseconv.base62.encode(int(time.time()) + _DAYS * 86400)
    signed = datasette.sign({"a": {"id": name, "key": stamp(terms.users[name])}, "e": until}, "actor")
    response.set_cookie(
        _COOKIE, signed, max_age=_DAYS * 86400, httponly=True, samesite="lax", secure=request.scheme == "https"
    )
    return response


async def _form(datasette: Any, request: Any, terms: Terms, onward: str, name: str = "", problem: str = "") -> Any:
    db = await archive_of(datasette)
    context = {
        "archive": db.name if db else "",
        "shared": list(terms.users) == [EVERYBODY],
        "onward": onward,
        "name": name,
        "problem": problem,
    }
    return await render(datasette, request, "sign-in", context, status=403 if problem else 200)


async def _problem(datasette: Any, request: Any, terms: Terms, name: str, password: str) -> str:
    """Why this person does not come in; nothing for one who does."""
    door = _door(datasette)
    address = (request.scope.get("client") or ("",))[0]
    if (wait := door.tries.wait(address, time.monotonic())) > 0:
        return f"Too many wrong tries. Try again in {int(wait) + 1} seconds."
    kept = terms.users.get(name)
    async with door.checking:
        right = await asyncio.to_thread(matches, password, kept or door.nobody) and kept is not None
    if right:
        door.tries.right(address)
        return ""
    door.tries.wrong(address, time.monotonic())
    return "That is not the password." if name == EVERYBODY else "That is not the name and password of anybody here."


def _door(datasette: Any) -> Door:
    if not hasattr(datasette, "tearsheet_door"):
        datasette.tearsheet_door = Door()
    door: Door = datasette.tearsheet_door
    return door


def _actor(datasette: Any, terms: Terms, request: Any) -> Any | None:
    """Who has signed in, with a password that still holds."""
    try:
        found = datasette.unsign(request.cookies.get(_COOKIE, ""), "actor")
        actor, until = found["a"], baseconv.base62.decode(found["e"])
        kept = terms.users.get(actor["id"])
    except (BadSignature, KeyError, TypeError, ValueError):
        return None
    return actor if kept and actor.get("key") == stamp(kept) and until > time.time() else None


def _inside(onward: str) -> str:
    """An address of this very site, or nothing."""
    fine = onward.startswith("/") and not onward.startswith(("//", "/\\")) and onward.isascii() and onward.isprintable()
    return onward if fine else ""
