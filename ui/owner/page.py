"""The owner's page and its files: no script and no style stands in it, and none comes from afar."""

from __future__ import annotations

from html import escape
from importlib.resources import files

from fastapi.responses import HTMLResponse, Response

from rag.settings import Settings
from ui.page.look import accents, logo

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
PRIVATE = {"Cache-Control": "no-store", "Cross-Origin-Resource-Policy": "same-origin"}
SCRIPTS = ("owner_tools.js", "owner_index.js", "owner_readers.js", "owner.js")


def owner_page(settings: Settings, name: str, *, locked: bool) -> HTMLResponse:
    """The page, empty: its scripts fill it.

    Args:
        settings: `site_logo` and `page_language` are used.
        name: Of the site.
        locked: Whether there is a session to end.

    Raises:
        ConfigError: The logo cannot be used.
    """
    picture = logo(settings.site_logo)
    shown = f'<img src="{picture}" alt="">' if picture else escape(name[:1])
    filled = {
        "{name}": escape(name),
        "{logo}": shown,
        "{hidden}": "" if locked else "hidden",
    }
    html = _asset("owner.html")
    for gap, text in filled.items():
        html = html.replace(gap, text)
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
