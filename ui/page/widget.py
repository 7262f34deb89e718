"""The script that shows the widget on pages of other sites."""

from __future__ import annotations

import re

from rag.settings import Settings
from ui.doors.widget import Widget
from ui.look import asset, colours, literal, told_of
from ui.page.desk import About, Desk
from ui.texts import Texts

SCRIPTS = (
    "page_tools.js", "page_steady.js", "page_answer.js", "page_cards.js", "widget_place.js",
    "widget_server.js", "widget.js",
)  # fmt: skip
"""In their order; the first four are the page's own."""
_STYLES = ("answer.css", "widget.css")
_REM = re.compile(r"(\d*\.?\d+)rem\b")
_UNREAD = re.compile(r"^\s*(?://.*\n)?", re.MULTILINE)  # by browsers


def widget(desk: Desk, settings: Settings, name: str) -> Widget:
    """What the doors need for the widget."""
    return Widget(widget_script(settings, desk.texts, name), desk.about, About)


def widget_script(settings: Settings, texts: Texts, name: str) -> str:
    """One script with all that the widget needs: texts, styles and what it does."""
    css = "".join(map(asset, _STYLES)) + colours(settings, ".pq-widget")
    # A rem is the foreign page's; ours is what the reader has set.
    css = _REM.sub(r"calc(\1*var(--pq-rem))", css)
    told = {**told_of(settings, texts, name), "level": 3, "css": css}
    scripts = _UNREAD.sub("", "".join(map(asset, SCRIPTS)))
    # The page's window is not theirs: each of them finds what is shared where it looks for it.
    return f"((window) => {{\n{scripts}}})({{pullquote: {literal(told)}}});\n"
