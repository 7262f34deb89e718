"""Sections to passages: consecutive whole sentences within the embedding model's token limit."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from rag.catalog.identity import passage_id
from rag.embedding.embedder import Embedder, PassageText, breadcrumb, passage_text
from rag.text.sentences import split_sentences
from rag.types import ParsedPost, Passage, Section, Sentence

VERSION = 4
"""Grows whenever the same sections would give other passages: then posts are split again."""

_SHRINK = 0.8  # of the room, where a tokenizer finds more in the whole than in the parts


@dataclass(frozen=True, slots=True)
class Piece:
    """A passage and what is embedded for it."""

    passage: Passage
    text: PassageText


def split(parsed: ParsedPost, embedder: Embedder, *, limit: int) -> tuple[Piece, ...]:
    """A post's passages in reading order; none is longer than the limit, and no text is left out.

    Args:
        parsed: The post.
        embedder: Whose tokens are counted.
        limit: In tokens; the model's own limit holds as well.
    """
    limit = min(limit, embedder.max_tokens)
    pieces: list[Piece] = []
    for section in parsed.sections:
        crumb = breadcrumb(parsed.post, section, embedder, limit)
        groups = _groups(parsed, section, embedder, crumb, limit)
        for ordinal, (sentences, text, tokens) in enumerate(groups):
            id_ = passage_id(parsed.post.id, section.key, ordinal, text.text)
            passage = Passage(id_, parsed.post, section, sentences, tokens, len(pieces))
            pieces.append(Piece(passage, text))
    return tuple(pieces)


_Headers = Mapping[int, tuple[str, int]]
_Group = tuple[tuple[Sentence, ...], PassageText, int]


def _groups(
    parsed: ParsedPost, section: Section, embedder: Embedder, crumb: str, limit: int
) -> list[_Group]:
    sentences = split_sentences(section.text, section.blocks, language=parsed.post.language)
    if not sentences:
        return []
    headers = _headers(section, embedder, limit)
    used = embedder.special_tokens + len(embedder.token_spans([crumb])[0])
    room = limit - used
    while True:
        fitting = _fitting(sentences, embedder, room)
        groups = list(_pack(headers, _together(fitting, section, room), room))
        texts = [
            passage_text(crumb, section, group, {at: h for at, (h, _) in headers.items()})
            for group in groups
        ]
        counts = [len(spans) for spans in embedder.token_spans([text.text for text in texts])]
        tokens = [count + embedder.special_tokens for count in counts]
        if max(tokens) <= limit or room <= 2:
            return list(zip(groups, texts, tokens, strict=True))
        room = max(2, int(room * _SHRINK))


def _fitting(
    sentences: Sequence[Sentence], embedder: Embedder, room: int
) -> list[tuple[Sentence, int]]:
    """Every sentence with its number of tokens; one that is too long becomes several."""
    fitting: list[tuple[Sentence, int]] = []
    spans = embedder.token_spans([sentence.text for sentence in sentences])
    for sentence, places in zip(sentences, spans, strict=True):
        if len(places) <= room:
            fitting.append((sentence, len(places)))
        else:
            fitting += _cut(sentence, places, room)
    return fitting


def _cut(
    sentence: Sentence, places: Sequence[tuple[int, int]], room: int
) -> Iterator[tuple[Sentence, int]]:
    """Parts of at most `room` tokens, cut between words where there is a word's end."""
    first = 0
    while first < len(places):
        last = min(first + room, len(places))
        end = len(sentence.text) if last == len(places) else places[last][0]
        if last < len(places):
            for shorter in range(last, first + room // 2, -1):
                if sentence.text[places[shorter][0] - 1].isspace():
                    last, end = shorter, places[shorter][0]
                    break
        start = places[first][0] if first else 0
        text = sentence.text[start:end].rstrip()
        if text:
            yield Sentence(text, sentence.start + start), last - first
        first = last


def _headers(section: Section, embedder: Embedder, limit: int) -> _Headers:
    """Where a table's rows start, with what is repeated before them and its tokens.

    As the breadcrumb, a header takes at most a quarter of the limit.
    """
    names = {block.header for block in section.blocks if block.header}
    most = limit // 4
    cut: dict[str, tuple[str, int]] = {}
    for name in names:
        places = embedder.token_spans([name])[0]
        cut[name] = (name, len(places)) if len(places) <= most else (name[: places[most][0]], most)
    return {block.start: cut[block.header] for block in section.blocks if block.header}


_Unit = tuple[tuple[Sentence, ...], int]


def _together(
    sentences: Sequence[tuple[Sentence, int]], section: Section, room: int
) -> Iterator[_Unit]:
    """What is never parted, with its tokens: a sentence, or the lines of code that fit."""
    code = [block for block in section.blocks if block.kind == "code"]
    starts = [block.start for block in code]

    def block_of(pair: tuple[Sentence, int]) -> int:
        """The block of code that a sentence is in; else what no other sentence has."""
        start = pair[0].start
        at = bisect_right(starts, start) - 1
        return at if at >= 0 and start < code[at].end else -start - 1

    for place, group in groupby(sentences, key=block_of):
        pairs = list(group)
        total = sum(count for _, count in pairs)
        if place >= 0 and total <= room:
            yield tuple(sentence for sentence, _ in pairs), total
        else:
            yield from (((sentence,), count) for sentence, count in pairs)


def _pack(headers: _Headers, units: Iterable[_Unit], room: int) -> Iterator[tuple[Sentence, ...]]:
    """Groups of about equal length, so that no passage is a left-over."""
    units = list(units)
    total = sum(count for _, count in units)
    target = total / max(1, -(-total // room))
    group: list[Sentence] = []
    size, header = 0, ""
    for sentences, count in units:
        own, extra = headers.get(sentences[0].start, ("", 0))
        cost = count + (extra if own != header else 0)
        # Over the target by more than stopping here would be under it, or over the limit.
        if group and (size + cost > room or size + cost - target > target - size):
            yield tuple(group)
            group, size = [], 0
            cost = count + extra
        header = own
        group += sentences
        size += cost
    if group:
        yield tuple(group)
