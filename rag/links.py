"""Links that land: a post's page, a section's place in it, and the words of a sentence.

Text fragments: https://wicg.github.io/scroll-to-text-fragment/
"""

from __future__ import annotations

from urllib.parse import quote, urlsplit, urlunsplit

import regex

from rag.types import Block, Post, Section, Sentence

_WORD = regex.compile(r"[\p{L}\p{N}\p{M}]")
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}]")
_CELL = " | "
_WORDS = 8  # of a long quote's start and end: enough to be found once
_CHARS = 160  # up to here a quote stands in the link as a whole
_ENDS = 24  # characters of a long quote's ends where words have no spaces between them
_ELSEWHERE = ("note", "heading")  # blocks that stand in the page where they do not stand here
_CONTEXT = 4  # words before or behind a quote that is not found once


def deep_link(
    post: Post,
    section: Section | None,
    sentence: Sentence | None = None,
    *,
    base: str = "",
    elsewhere: bool = False,
) -> str:
    """The address of a sentence in the real page; empty where the post has no address.

    The page part, the section's own id and a text fragment: a browser scrolls to the words and
    marks them, and falls back to the id, then to the page.

    Args:
        post: Whose page.
        section: Where in it; None for the page as a whole.
        sentence: The words to land on.
        base: Takes the place of the address's scheme and host, where it is set.
        elsewhere: The words also stand in another section of the page.
    """
    address = _rebased(post.url, base)
    if not address or section is None:
        return address
    url = _page_url(address, section.page)
    anchor = quote(section.anchor, safe="") if section.anchor else ""
    words = text_fragment(section, sentence, elsewhere=elsewhere) if sentence else ""
    fragment = f":~:text={words}" if sentence else ""
    return f"{url}#{anchor}{fragment}" if anchor or fragment else url


def _rebased(url: str, base: str) -> str:
    if not url or not base:
        return url
    parts = urlsplit(url)
    return base.rstrip("/") + urlunsplit(("", "", parts.path, parts.query, parts.fragment))


def _page_url(url: str, page: int) -> str:
    url = url.split("#", 1)[0]
    if page <= 1:
        return url
    if "?" in url:  # plain permalinks: /?p=7
        return f"{url}&page={page}"
    return f"{url.rstrip('/')}/{page}/"


def text_fragment(section: Section, sentence: Sentence, *, elsewhere: bool = False) -> str:
    """The `text=` directive for a sentence, percent-encoded.

    A term must not cross a block, a line break or a table cell, so a quote that does is written
    as its first and last words; one that is short or stands twice gets its surroundings.

    Args:
        section: Where it stands.
        sentence: The words to land on.
        elsewhere: They also stand in another section of the page, where a browser must not land.
    """
    pieces = [piece.strip() for line in sentence.text.split("\n") for piece in line.split(_CELL)]
    pieces = [piece for piece in pieces if _WORD.search(piece)] or [sentence.text]
    first, last = _first_words(pieces[0]), _last_words(pieces[-1])
    short = len(sentence.text) <= _CHARS or len(first) + len(last) >= len(pieces[0])
    whole = len(pieces) == 1 and short
    term = _encode(pieces[0]) if whole else f"{_encode(first)},{_encode(last)}"
    repeated = section.text.count(sentence.text) > 1 or len(sentence.text.split()) <= 3
    if not repeated and not elsewhere:
        return term
    return _with_context(section, sentence, term, both=elsewhere)


def _first_words(piece: str) -> str:
    words = " ".join(piece.split()[:_WORDS])
    return words[:_ENDS] if len(words) > _CHARS and _UNSPACED.search(words) else words


def _last_words(piece: str) -> str:
    words = " ".join(piece.split()[-_WORDS:])
    return words[-_ENDS:] if len(words) > _CHARS and _UNSPACED.search(words) else words


def _with_context(section: Section, sentence: Sentence, term: str, *, both: bool) -> str:
    before = _before(section, sentence).rpartition(_CELL)[2].split()
    behind = _behind(section, sentence).partition("\n")[0].partition(_CELL)[0].split()
    prefix = f"{_encode(' '.join(before[-_CONTEXT:]))}-," if before else ""
    suffix = f",-{_encode(' '.join(behind[:_CONTEXT]))}" if behind else ""
    if both:
        return f"{prefix}{term}{suffix}"
    return f"{prefix}{term}" if prefix else f"{term}{suffix}"


def _behind(section: Section, sentence: Sentence) -> str:
    """What stands behind a sentence in the page, as far as it is known."""
    _, own = _block_of(section, sentence)
    rest = section.text[sentence.end : own.end].lstrip()
    if own.kind == "heading":
        return rest or (section.headings[-1] if section.headings else "")
    return rest or ("" if own.kind == "note" else section.text[own.end :].lstrip())


def _block_of(section: Section, sentence: Sentence) -> tuple[int, Block]:
    blocks = section.blocks or (Block(0, len(section.text)),)
    place = next((n for n, b in enumerate(blocks) if b.start <= sentence.start < b.end), 0)
    return place, blocks[place]


def _before(section: Section, sentence: Sentence) -> str:
    """The line that stands before a sentence in the page."""
    place, own = _block_of(section, sentence)
    line = section.text[own.start : sentence.start].rstrip().rpartition("\n")[2]
    # A note stands at the end of its page, and not where it does here.
    if line or own.kind in _ELSEWHERE:
        return line
    before = next((b for b in section.blocks[:place][::-1] if b.kind not in _ELSEWHERE), None)
    if own.header and (before is None or before.header != own.header):
        return own.header
    if before is not None:
        return section.text[before.start : before.end].rpartition("\n")[2]
    # What goes on after a page break has its heading on the page before.
    return section.headings[-1] if section.headings and "p" not in section.key else ""


def _encode(words: str) -> str:
    # "-" parts prefix and suffix from the term, and quote() leaves it as it is.
    return quote(words, safe="").replace("-", "%2D")
