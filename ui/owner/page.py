"""The owner's page and its files: no script and no style stands in it, and none comes from afar.

Its texts do, as data, which no browser runs.
"""

from __future__ import annotations

import re
from html import escape
from importlib.resources import files

from fastapi.responses import HTMLResponse, Response

from rag.settings import Settings
from ui.look import accents, literal, logo
from ui.texts import Texts

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
PRIVATE = {"Cache-Control": "no-store", "Cross-Origin-Resource-Policy": "same-origin"}
SCRIPTS = ("owner_tools.js", "owner_index.js", "owner_readers.js", "owner.js")
_GAP = re.compile(r"\{([\w-]+)\}")


def owner_page(settings: Settings, texts: Texts, name: str, *, locked: bool) -> HTMLResponse:
    """The page, empty: its scripts fill it.

    Args:
        settings: `site_logo` is used.
        texts: Its words.
        name: Of the site.
        locked: Whether there is a session to end.

    Raises:
        ConfigError: The logo cannot be used.
    """
    picture = logo(settings.site_logo)
    shown = f'<img src="{picture}" alt="">' if picture else escape(name[:1])
    told = {"texts": dict(texts.by_key), "language": texts.language}
    filled = {
        **{key: escape(text) for key, text in texts.by_key.items()},
        "own_title": escape(texts.say("own_title", name=name)),
        "language": escape(texts.language),
        "direction": texts.direction,
        "name": escape(name),
        "logo": shown,
        "hidden": "" if locked else "hidden",
        "texts": literal(told),
    }
    # At once, so that what is filled in has no gaps of its own.
    html = _GAP.sub(lambda gap: filled[gap[1]], _asset("owner.html"))
    return HTMLResponse(html, headers={"Content-Security-Policy": POLICY, **PRIVATE})


def owner_style(settings: Settings) -> Response:
    """Its styles, in the site's colour."""
    colours = "".join(
        f":root{when}{{--ink:{one.ink};--soft:{one.soft}}}"
        for when, one in zip(("", "[data-pq=dark]"), accents(settings.site_colour), strict=True)
    )
    return Response(_asset("owner.css") + colours, media_type="text/css", headers=PRIVATE)


def owner_script(name: str) -> Response:
    """One of `SCRIPTS`."""
    return Response(_asset(name), media_type="text/javascript", headers=PRIVATE)


def _asset(name: str) -> str:
    return (files("ui.assets") / name).read_text(encoding="utf-8")
