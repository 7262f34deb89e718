"""Text to sentences that keep their place, to search words, and to links that land on it."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote, urlsplit, urlunsplit

import regex
from sentencex import get_sentence_boundaries

from rag.types import Block, Post, Section, Sentence

_WORD = regex.compile(r"[\p{L}\p{N}\p{M}]+")
# Scripts written without spaces between words, or whose words carry their particles.
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}ー]+")
_THOUSANDS = regex.compile(r"(?<=\d)[,\u00a0\u202f](?=\d{3}(?!\d))")
_CELL = " | "
_FRAGMENT_WORDS = 8  # of a long quote's start and end: enough to be found once
_FRAGMENT_CHARS = 160  # up to here a quote stands in the link as a whole
_CONTEXT_WORDS = 4  # before or behind a quote that is not found once

# English words that say little by themselves; a question made of them alone keeps them.
STOP_WORDS = frozenset(
    "a about after all also am an and any are as at be because been before being but by can could "
    "did do does doing for from had has have having he her here him his how i if in into is it its "
    "me more most my no nor not of off on once only or other our out over own same she should so "
    "some such than that the their them then there these they this those through to too under "
    "until up us very was we were what when where which while who whom whose why will with would "
    "you your t s don".split()
)


def split_sentences(
    text: str, blocks: tuple[Block, ...] = (), *, language: str | None = None
) -> tuple[Sentence, ...]:
    """The sentences of a section, in order; none crosses a block's border or a line end.

    Together they hold every character of `text` that is not white space. A table's row is one
    sentence, a line of code is one, whatever stops they hold.

    Args:
        text: A section's text.
        blocks: The section's blocks; none means that `text` is one paragraph.
        language: BCP 47; None is read as English, whose abbreviations are known.
    """
    found: list[Sentence] = []
    for block in blocks or (Block(0, len(text)),):
        for start, end in _lines(text, block.start, block.end):
            if block.kind in ("row", "code"):
                found += _stripped(text, start, end)
                continue
            for part in get_sentence_boundaries(_base(language), text[start:end]):
                found += _stripped(text, start + part["start_index"], start + part["end_index"])
    return tuple(found)


def _base(language: str | None) -> str:
    return (language or "en").split("-")[0].split("_")[0].lower()


def _lines(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end:
        line_end = text.find("\n", start, end)
        if line_end < 0:
            line_end = end
        yield start, line_end
        start = line_end + 1


def _stripped(text: str, start: int, end: int) -> list[Sentence]:
    raw = text[start:end]
    clean = raw.strip()
    return [Sentence(clean, start + raw.index(clean))] if clean else []


def search_words(text: str) -> str:
    """What a full-text index holds for `text`, and what is looked up in it for a question.

    Words separated by spaces; overlapping pairs of characters where a script has no spaces
    (Han, kana, Hangul, Thai, Lao, Khmer), so that a word inside a sentence is found.
    """
    words: list[str] = []
    for match in _WORD.finditer(_THOUSANDS.sub("", text)):
        word, place = match.group(), 0
        for run in _UNSPACED.finditer(word):
            words += filter(None, [word[place : run.start()]])
            words += _pairs(run.group())
            place = run.end()
        words += filter(None, [word[place:]])
    return " ".join(words)


def _pairs(run: str) -> list[str]:
    return [run[i : i + 2] for i in range(len(run) - 1)] or [run]


def question_words(text: str) -> tuple[str, ...]:
    """The search words of a question without stop words, lower case, each once, in order."""
    words = list(dict.fromkeys(search_words(text).lower().split()))
    return tuple(word for word in words if word not in STOP_WORDS) or tuple(words)


def deep_link(
    post: Post, section: Section | None, sentence: Sentence | None = None, *, base: str = ""
) -> str:
    """The address of a sentence in the real page; empty where the post has no address.

    The page part, the section's own id and a text fragment: a browser scrolls to the words and
    marks them, and falls back to the id, then to the page.

    Args:
        post: Whose page.
        section: Where in it; None for the page as a whole.
        sentence: The words to land on.
        base: Takes the place of the address's scheme and host, where it is set.
    """
    address = _rebased(post.url, base)
    if not address or section is None:
        return address
    url = _page_url(address, section.page)
    anchor = quote(section.anchor, safe="") if section.anchor else ""
    fragment = f":~:text={text_fragment(section, sentence)}" if sentence else ""
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


def text_fragment(section: Section, sentence: Sentence) -> str:
    """The `text=` directive for a sentence, percent-encoded.

    A term must not cross a block, a line break or a table cell, so a quote that does is written
    as its first and last words; one that is short or stands twice gets its surroundings.
    Source: https://wicg.github.io/scroll-to-text-fragment/
    """
    pieces = [piece.strip() for line in sentence.text.split("\n") for piece in line.split(_CELL)]
    pieces = [piece for piece in pieces if _WORD.search(piece)] or [sentence.text]
    if len(pieces) == 1 and len(sentence.text) <= _FRAGMENT_CHARS:
        term = _encode(pieces[0])
    else:
        first, last = pieces[0].split(), pieces[-1].split()
        if len(pieces) == 1 and len(first) < 2 * _FRAGMENT_WORDS:
            term = _encode(pieces[0])
        else:
            start = " ".join(first[:_FRAGMENT_WORDS])
            end = " ".join(last[-_FRAGMENT_WORDS:])
            term = f"{_encode(start)},{_encode(end)}"
    repeated = section.text.count(sentence.text) > 1 or len(sentence.text.split()) <= 3
    return _with_context(section, sentence, term) if repeated else term


def _with_context(section: Section, sentence: Sentence, term: str) -> str:
    before = section.text[: sentence.start].rstrip().rpartition("\n")[2].rpartition(_CELL)[2]
    words = (before or (section.headings[-1] if section.headings else "")).split()
    if words:
        return f"{_encode(' '.join(words[-_CONTEXT_WORDS:]))}-,{term}"
    behind = section.text[sentence.end :].lstrip().partition("\n")[0].partition(_CELL)[0].split()
    return f"{term},-{_encode(' '.join(behind[:_CONTEXT_WORDS]))}" if behind else term


def _encode(words: str) -> str:
    # "-" parts prefix and suffix from the term, and quote() leaves it as it is.
    return quote(words, safe="").replace("-", "%2D")
