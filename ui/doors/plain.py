"""Pages without scripts, in the site's own colour and language: the log-in, the list of sites."""

from __future__ import annotations

from html import escape
from importlib.resources import files

from starlette.responses import HTMLResponse

from rag.settings import Settings
from ui.look import accents, logo
from ui.texts import Texts

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)


def plain_page(title: str, name: str, body: str, settings: Settings, texts: Texts) -> str:
    """The page as HTML, to be sent with `POLICY`.

    Args:
        title: Of the window.
        name: Its heading, beside the logo.
        body: HTML that stands below it.
        settings: `site_logo` and `site_colour` are used.
        texts: The language of all of it.

    Raises:
        ConfigError: The logo cannot be used.
    """
    style = (files("ui.assets") / "doors.css").read_text(encoding="utf-8")
    light, dark = (
        f":root{{--ink:{one.ink};--soft:{one.soft}}}" for one in accents(settings.site_colour)
    )
    picture = logo(settings.site_logo)
    shown = f'<img src="{picture}" alt="">' if picture else escape(name[:1])
    return f"""<!DOCTYPE html>
<html lang="{escape(texts.language)}" dir="{texts.direction}"><head><meta charset="utf-8">
<title>{escape(title)}</title><meta name="viewport" content="width=device-width, initial-scale=1">
<style>{style}{light}@media (prefers-color-scheme:dark){{{dark}}}</style></head>
<body><main class="narrow"><h1><span class="logo" aria-hidden="true">{shown}</span>
<span>{escape(name)}</span></h1>{body}</main></body></html>"""


def plain_response(html: str, *, status: int = 200, wait: int = 0) -> HTMLResponse:
    """Such a page as it is sent; `wait` are the seconds after which to come again."""
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
    if wait:
        headers["Retry-After"] = str(wait)
    return HTMLResponse(html, status, headers)


def wait_page(wait: int, name: str, settings: Settings, texts: Texts) -> HTMLResponse:
    """What a browser is shown that has sent too much and has to wait for some seconds.

    Raises:
        ConfigError: The logo cannot be used.
    """
    told = f'<p role="alert">{escape(texts.count("door_too_often", wait))}</p>'
    return plain_response(plain_page(name, name, told, settings, texts), status=429, wait=wait)
