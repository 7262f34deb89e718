"""Earlier answers on the page say so when a post that they quote has left the index since."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from html import escape, unescape

WITHDRAWN = "This post is no longer published."
_NOTE = f'<p class="pq-gone">{WITHDRAWN}</p>'
_CARD = re.compile(
    r'(<article class="pq-card" data-post="([^"]*)">)(?:<p class="pq-gone">[^<]*</p>)?'
)


def card_start(post_id: str) -> str:
    """How the card of a post's quotes begins."""
    return f'<article class="pq-card" data-post="{escape(post_id)}">'


def up_to_date(html: str, still_there: Callable[[Iterable[str]], frozenset[str]]) -> str:
    """Sources of an earlier answer, with a note in the card of each post that is gone.

    Args:
        html: As `ui.render.sources` made it.
        still_there: Which of some ids are those of posts in the index.
    """
    cited = {unescape(found[2]) for found in _CARD.finditer(html)}
    known = still_there(cited) if cited else frozenset()
    return _CARD.sub(lambda m: m[1] + ("" if unescape(m[2]) in known else _NOTE), html)
