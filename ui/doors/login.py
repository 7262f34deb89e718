"""The log-in: one field on a page without scripts."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from rag.settings import Settings
from ui.doors.access import SESSION_SECONDS, Access
from ui.doors.gate import COOKIE
from ui.doors.plain import plain_page, plain_response
from ui.doors.problems import too_often
from ui.doors.rates import Rates, What, client_of
from ui.doors.wire import wants_page
from ui.texts import Texts

_LONGEST = 4000  # bytes of the form


@dataclass(frozen=True, slots=True)
class Session:
    """What a log-in gives to a browser."""

    cookie: str = COOKIE
    seconds: int = SESSION_SECONDS
    strict: bool = False
    """Whether a link on another site opens the page as if nobody had logged in."""
    home: str = "./"
    """Where it leads, from the log-in. Relative: a proxy may serve this below an unknown path."""


def login_routes(
    access: Access,
    rates: Rates,
    settings: Settings,
    texts: Texts,
    name: str,
    *,
    prefix: str = "",
    session: Session = Session(),
) -> APIRouter:
    """Where browsers give a password.

    Args:
        access: Who may come in.
        rates: How often a client may try.
        settings: As `plain_page` takes them.
        texts: The page's words.
        name: What it calls the site.
        prefix: Of the paths.
        session: What the password is exchanged for.
    """
    router = APIRouter(prefix=prefix, include_in_schema=False)

    def page(wrong: str = "", *, status: int = 200, wait: int = 0) -> HTMLResponse:
        html = plain_page(
            texts.say("door_log_in_title", name=name), name, _form(texts, wrong), settings, texts
        )
        return plain_response(html, status=status, wait=wait)

    @router.get("/login")
    async def ask_for_password() -> Response:
        return _home(session) if access.is_open else page()

    @router.post("/login")
    async def log_in(request: Request) -> Response:
        if access.is_open:
            return _home(session)
        client = client_of(request.client.host if request.client else "unknown")
        if wait := rates.count(What.TRY, client):
            if wants_page(request.scope):
                return page(texts.count("door_wait", wait), status=429, wait=wait)
            raise too_often("wrong passwords", wait)
        form = await request.body()
        given = parse_qs(form.decode(errors="replace")).get("password", [""])[0]
        if len(form) > _LONGEST or not access.is_password(given):
            return page(texts.say("door_wrong_password"), status=401)
        home = _home(session)
        home.set_cookie(
            session.cookie, access.session(), max_age=session.seconds, path=_cookie_path(request),
            httponly=True, samesite="strict" if session.strict else "lax",
            secure=request.url.scheme == "https",
        )  # fmt: skip
        return home

    @router.post("/logout")
    def log_out(request: Request) -> Response:
        access.end(request.cookies.get(session.cookie, ""))
        out = RedirectResponse("login", 303)
        out.delete_cookie(session.cookie, path=_cookie_path(request))
        return out

    return router


def _cookie_path(request: Request) -> str:
    return str(request.scope.get("root_path", "")) or "/"


def _home(session: Session) -> RedirectResponse:
    return RedirectResponse(session.home, 303)


def _form(texts: Texts, wrong: str) -> str:
    said = f'<p role="alert">{escape(wrong)}</p>' if wrong else ""
    return f"""{said}<form method="post">
<label for="password">{escape(texts.say("door_password"))}</label>
<input id="password" name="password" type="password" autocomplete="current-password" required
autofocus><button>{escape(texts.say("door_log_in"))}</button></form>"""
