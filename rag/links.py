"""Links that land: a post's page, a section's place in it, and the words of a sentence.

Text fragments: https://wicg.github.io/scroll-to-text-fragment/
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote, urlsplit, urlunsplit

import regex

from rag.types import Block, Post, Section, Sentence

_WORD = regex.compile(r"[\p{L}\p{N}\p{M}]")
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}]")
_SPACED = r"(?:(?!\p{Han}|\p{Hiragana}|\p{Katakana}|\p{Thai}|\p{Lao}|\p{Khmer})[\p{L}\p{N}\p{M}])"
_FIRST_WORD = regex.compile(rf"^{_SPACED}+")
_LAST_WORD = regex.compile(rf"{_SPACED}+$")
_CELL = " | "
_BREAK = regex.compile(r"\n| \| |\s{2,}")  # in the page, something stands in the way
_FEW = 3  # words that may well stand elsewhere
_WORDS = 8  # of a long quote's start and end: enough to be found once
_CHARS = 160  # up to here a quote stands in the link as a whole
_ENDS = 24  # characters of a long quote's ends where words have no spaces between them
_CONTEXT = 4  # words before or behind a quote that is not found once
_ELSEWHERE = ("note", "heading")  # blocks that stand in the page where they do not stand here


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
    if parts.scheme not in ("http", "https"):  # its path means nothing elsewhere
        return ""
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

    A term must not cross a block, a line break, a table cell or a place where the page has
    something else, so a quote that does is written as its first and last words; one that is short
    or stands twice gets its surroundings.

    Args:
        section: Where it stands.
        sentence: The words to land on.
        elsewhere: They also stand in another section of the page, where a browser must not land.
    """
    pieces = _pieces(section, sentence)
    first, last = _first_words(pieces[0]), _last_words(pieces[-1])
    short = len(pieces[0]) <= _CHARS or len(first) + len(last) >= len(pieces[0])
    whole = len(pieces) == 1 and short
    term = _encode(pieces[0]) if whole else f"{_encode(first)},{_encode(last)}"
    few = sum(len(piece.split()) for piece in pieces) <= _FEW or not pieces[0].count(" ")
    repeated = few or section.text.count(first if len(pieces) > 1 else sentence.text) > 1
    if not repeated and not elsewhere:
        return term
    return _with_context(section, sentence, term, both=elsewhere)


def _pieces(section: Section, sentence: Sentence) -> list[str]:
    """What of a sentence stands in the page without a break; at least one."""
    found: list[str] = []
    place = sentence.start
    glued = False
    for start, end in (*_gaps(section, sentence), (sentence.end, sentence.end + 1)):
        stretch = section.text[place : max(place, min(start, sentence.end))]
        # A number behind a word makes one word with it, and only whole words are found.
        found += _BREAK.split(_without_ends(stretch, first=glued, last=start == end))
        place, glued = max(place, end), start == end
    pieces = [piece.strip() for piece in found]
    return [piece for piece in pieces if _WORD.search(piece)] or [sentence.text]


def _without_ends(text: str, *, first: bool, last: bool) -> str:
    text = _FIRST_WORD.sub("", text) if first else text
    return _LAST_WORD.sub("", text) if last else text


def _gaps(section: Section, sentence: Sentence) -> list[tuple[int, int]]:
    """Those inside a sentence."""
    start, end = sentence.start, sentence.end
    return [
        (max(first, start), min(last, end))
        for block in section.blocks
        if block.start < end and block.end > start
        for first, last in block.gaps
        if (first < end and last > start) or (first == last and start <= first <= end)
    ]


def _first_words(piece: str) -> str:
    words = " ".join(piece.split()[:_WORDS])
    return words[:_ENDS] if len(words) > _CHARS and _UNSPACED.search(words) else words


def _last_words(piece: str) -> str:
    words = " ".join(piece.split()[-_WORDS:])
    return words[-_ENDS:] if len(words) > _CHARS and _UNSPACED.search(words) else words


def _with_context(section: Section, sentence: Sentence, term: str, *, both: bool) -> str:
    before = _before(section, sentence).split()
    prefix = f"{_encode(' '.join(before[-_CONTEXT:]))}-," if before else ""
    if prefix and not both:
        return f"{prefix}{term}"
    behind = _behind(section, sentence).split()
    suffix = f",-{_encode(' '.join(behind[:_CONTEXT]))}" if behind else ""
    return f"{prefix}{term}{suffix}"


def _before(section: Section, sentence: Sentence) -> str:
    """What stands right before a sentence in the page, as far as it is known."""
    blocks = section.blocks or (Block(0, len(section.text)),)
    place = _block_at(blocks, sentence.start)
    own = blocks[place]
    if not _joined(own, sentence.start):
        return ""
    line = _tail(section, own, sentence.start)
    # A note stands at the end of its page, and not where it does here.
    if line or section.text[own.start : sentence.start].strip() or own.kind in _ELSEWHERE:
        return line
    before = next((b for b in reversed(blocks[:place]) if b.kind not in _ELSEWHERE), None)
    if own.header and (before is None or before.header != own.header):
        return own.header.rpartition(_CELL)[2]
    if before is not None:
        return _tail(section, before, before.end) if _joined(before, before.end) else ""
    # What goes on after a page break has its heading on the page before.
    return section.headings[-1] if section.headings and "p" not in section.key else ""


def _behind(section: Section, sentence: Sentence) -> str:
    """What stands right behind a sentence in the page, as far as it is known."""
    blocks = section.blocks or (Block(0, len(section.text)),)
    place = _block_at(blocks, sentence.start)
    own = blocks[place]
    if not _joined(own, sentence.end):
        return ""
    start, end = sentence.end, own.end
    if not section.text[start:end].strip():
        if own.kind == "heading":  # the section's own heading stands below it
            return section.headings[-1] if section.headings else ""
        following = [b for b in blocks[place + 1 :] if (b.kind == "note") == (own.kind == "note")]
        if not following or own.kind == "note" or not _joined(following[0], following[0].start):
            return ""
        start, end, own = following[0].start, following[0].end, following[0]
    end = min((first for first, _ in own.gaps if first > start), default=end)
    return next(filter(str.strip, _BREAK.split(section.text[start:end])), "")


def _block_at(blocks: Sequence[Block], place: int) -> int:
    return next((n for n, b in enumerate(blocks) if b.start <= place < b.end), 0)


def _joined(block: Block, place: int) -> bool:
    """Whether the page goes on at a place as the text does."""
    return not any(first <= place <= last for first, last in block.gaps)


def _tail(section: Section, block: Block, end: int) -> str:
    """The last words of a block up to a place, without what another break parts from them."""
    start = max((last for _, last in block.gaps if last <= end), default=block.start)
    return next(filter(str.strip, reversed(_BREAK.split(section.text[start:end]))), "")


def _encode(words: str) -> str:
    # "-" parts prefix and suffix from the term, and quote() leaves it as it is.
    return quote(words, safe="").replace("-", "%2D")
