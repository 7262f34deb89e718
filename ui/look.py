"""How the page looks: its colours, logo, styles and scripts, as they stand in its head."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from pathlib import Path

from rag.assistant import Assistant
from rag.errors import ConfigError
from rag.settings import Settings
from ui.texts import Texts

SCRIPTS = (
    "page_tools.js", "page_steady.js", "page_look.js", "page_server.js", "page_answer.js",
    "page_cards.js", "page_turn.js", "page_sources.js", "page_talks.js", "page_welcome.js",
    "page.js",
)  # fmt: skip
STYLES = ("answer.css", "page.css")
_KINDS = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".webp": "webp", ".svg": "svg+xml"}
_LARGEST = 100_000  # bytes of a logo, which every reader loads
_READABLE = 4.5  # contrast of text: WCAG 2.2, 1.4.3

Colour = tuple[int, int, int]
_WHITE, _NIGHT = (255, 255, 255), (28, 32, 38)  # the cards of page.css, light and dark
_TINT = 0.13  # of the colour in what lies behind markers and questions


@dataclass(frozen=True, slots=True)
class Accent:
    """The site's colour on one ground."""

    ink: str
    soft: str
    """Its tint, behind what is written in it."""


def head(settings: Settings, texts: Texts, name: str) -> str:
    """What stands in the head of the page."""
    css = "".join(map(asset, STYLES)) + colours(settings, ":root")
    more = {
        "level": 2,  # of a question's heading
        "logo": logo(settings.site_logo),
        "votes": settings.keep_feedback,
        "locked": settings.password is not None,
    }
    told = literal({**told_of(settings, texts, name), **more})
    scripts = "".join(f"<script>{asset(one)}</script>" for one in SCRIPTS)
    return (
        '<meta name="color-scheme" content="light dark">'
        f'<meta name="description" content="{escape(texts.say("ask_site", name=name))}">'
        f"<style>{css}</style><script>window.pullquote={told}</script>{scripts}"
    )


def site_name(assistant: Assistant, texts: Texts) -> str:
    """What the site is called, on all of its pages."""
    sites = assistant.index.status().sites
    return assistant.settings.site_name or ", ".join(sites) or texts.say("this_site")


def told_of(settings: Settings, texts: Texts, name: str) -> dict[str, object]:
    """What the scripts of page and widget are told alike."""
    return {
        "texts": texts.of_readers,
        "language": texts.language,
        "direction": texts.direction,
        "name": name,
        "longest": settings.question_characters,
        "oldYears": settings.old_years,
        "questions": settings.keep_questions,
        "days": settings.keep_days,
    }


def colours(settings: Settings, root: str) -> str:
    """The site's colour as rules.

    Args:
        settings: `site_colour` is used.
        root: Selector of what bears the colours; it says itself whether it is dark.
    """
    return "".join(
        f"{root}{when}{{--pq-ink:{one.ink};--pq-soft:{one.soft}}}"
        for when, one in zip(("", "[data-pq=dark]"), accents(settings.site_colour), strict=True)
    )


def asset(name: str) -> str:
    return (files("ui.assets") / name).read_text(encoding="utf-8")


def literal(told: object) -> str:
    """JSON that no text can end before its time."""
    return json.dumps(told).replace("<", "\\u003c")


def logo(file: Path | None) -> str:
    """A picture as an address that needs no request; empty without one.

    Raises:
        ConfigError: It is no picture, too large, or cannot be read.
    """
    if file is None:
        return ""
    kind = _KINDS.get(file.suffix.lower())
    hint = f"Set site_logo to a PNG, JPEG, WebP or SVG file of at most {_LARGEST:,} bytes."
    if kind is None:
        raise ConfigError(f"{file} is no picture by its name.", hint=hint)
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}.", hint=hint) from error
    if len(content) > _LARGEST:
        raise ConfigError(f"{file} has {len(content):,} bytes.", hint=hint)
    # In an <img>, an SVG runs no script and loads nothing.
    return f"data:image/{kind};base64,{b64encode(content).decode()}"


def accents(colour: str) -> tuple[Accent, Accent]:
    """A colour as it can be read on the light page and on the dark one."""
    r, g, b = (int(colour[n : n + 2], 16) for n in (1, 3, 5))
    return _readable((r, g, b), (0, 0, 0), _WHITE), _readable((r, g, b), (255, 255, 255), _NIGHT)


def _readable(colour: Colour, end: Colour, card: Colour) -> Accent:
    """The first mixture with black or white that can be read on its own tint of a card."""
    for step in range(21):
        ink = _mixed(colour, end, step / 20)
        soft = _mixed(card, ink, _TINT)
        if contrast(ink, soft) >= _READABLE:
            break
    return Accent(_hex(ink), _hex(soft))


def _mixed(one: Colour, other: Colour, share: float) -> Colour:
    r, g, b = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return r, g, b


def _hex(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def contrast(one: Colour, other: Colour) -> float:
    """Contrast of two colours, from 1 to 21: WCAG 2.2, "contrast ratio"."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: Colour) -> float:
    """Relative luminance: WCAG 2.2."""
    parts = [part / 255 for part in colour]
    r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
