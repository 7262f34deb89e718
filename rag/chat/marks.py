"""What a chat model writes to sentences and the numbers behind them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from rag.text.sentences import split_sentences

# A model that was shown [3] writes any of these: [3], [3, 4], [3-5], [3][4], 【3】, 【3†source】,
# [[3]], [^3], [sentence 3], `[3]`.
_NUMBER = r"[#^]?\s*\d{1,4}"
_NUMBERS = rf"{_NUMBER}(?:\s*(?:[,;&+–—-]|and|to)\s*{_NUMBER})*"
_MARK = (
    rf"`?(?:\[{{1,2}}|【)\s*(?:(?:sentences?|sources?|nos?\.?)\s*)?{_NUMBERS}"
    r"\s*(?:†[^\]】\n]{0,60})?(?:\]{1,2}|】)`?"
)
_MARKS = re.compile(_MARK, re.IGNORECASE)
_OPEN_MARK = re.compile(r"`?[\[【][^\]】]*$")
_STOP_THEN_MARKS = re.compile(
    rf"([.!?。！？…]+[\"”’)]*(?:\*\*|__)?)((?:\s*{_MARK})+)", re.IGNORECASE
)
_LAST_MARKS = re.compile(rf"{_STOP_THEN_MARKS.pattern}(?=\s*\Z)", re.IGNORECASE)
# A model that lists what it says writes "[3]: A." as well.
_MARKS_THEN_WORD = re.compile(
    rf"\s*{_MARK}(?:\s*{_MARK})*(?:\s*[:：])?\s*[*_\"“‘(]*\w", re.IGNORECASE
)
_LEADING = re.compile(
    rf"\A\s*(\*\*|__)?({_MARK}(?:\s*{_MARK})*)(?:\s*[:：])?(?(1)\1(?:\s*[:：])?)", re.IGNORECASE
)
_LIST_MARK = re.compile(r"^[ \t]*(?:[-*•]|\d{1,2}[.)]|#{1,6})[ \t]+", re.MULTILINE)
_UNPAIRED = {
    sign: re.compile(rf"\A\s*{re.escape(sign)}\s*|{re.escape(sign)}(?=[.!?。！？…\"”’)\s]*\Z)")
    for sign in ("**", "__")
}
_EMPHASIS = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1", re.DOTALL)
_PART = re.compile(r"(\d+)(?:\s*(?:[–—-]|to)\s*[#^]?\s*(\d+))?")
_WIDEST = 20  # numbers that one mark may span, "[3-9]"; more is no list of sources
_THOUGHT = re.compile(r"\A\s*<(think|thinking|thought|reasoning)>.*?</\1>", re.DOTALL)
_OPEN_THOUGHT = re.compile(r"\A\s*<(?:t(?:h(?:i|o)?)?|r(?:e)?|think|thinking|thought|reasoning)\b")
_ENDED = re.compile(r"[.!?。！？…][\"”’)\s]*\Z")
_WHOLE_WORD = re.compile(r"\w[^\w.]|[^\W\x00-\x7f]")
_THOUGHT_ENDS = re.compile(r"</(?:think|thinking|thought|reasoning)>")
# Directions and other marks that are not seen but change how a text reads.
_UNSEEN = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u2069\ufeff\U000e0000-\U000e007f]"
)


_LONG = 300  # characters of a sentence that are seldom more
_LONGEST = 2000  # characters of a sentence; without a limit, one without end is split for ever
_MAY_END = re.compile(r"[^\w\s]|\n")  # where nothing of this stands, no sentence can have ended


@dataclass(frozen=True, slots=True)
class Marked:
    """A sentence of a model, without its marks, and the numbers that stood in them."""

    text: str
    numbers: tuple[int, ...]


def marked_sentences(pieces: Iterable[str]) -> Iterator[Marked]:
    """The sentences of a text that comes in pieces, each as soon as it is complete.

    A mark after the full stop belongs to the sentence before it; where the text begins with a mark,
    each stands before its sentence. What a model thinks aloud before its answer is left out. When
    the pieces end in an error, so does this, behind the last sentence that has its full stop.
    """
    text, next_look = "", 0
    leads: bool | None = None  # as soon as a sentence is complete, for all of them
    try:
        # Letter by letter: where a server cuts its pieces must not change what is read.
        for letter in chain.from_iterable(_spoken(pieces)):
            text += letter
            if not (letter.isspace() or not letter.isascii()):
                continue
            if len(text) >= next_look and _MAY_END.search(text):
                text = _without_thought(text)
                before = _marks_lead(text) if leads is None else leads
                done, text = _split_off(text, before)
                leads = before if done else leads
                yield from done
                # What goes on and on is looked at less and less often.
                next_look = 0 if done or len(text) < _LONG else int(len(text) * 1.1)
            if len(text) > _LONGEST:
                leads = _marks_lead(text) if leads is None else leads
                yield _marked(text)
                text, next_look = "", 0
    except Exception:
        yield from (_marked(one) for one in _sentences(text, leads) if _ENDED.search(one))
        raise
    yield from map(_marked, _sentences(text, leads))


def _sentences(text: str, leads: bool | None) -> list[str]:
    leads = _marks_lead(text) if leads is None else leads
    if leads:  # a mark that nothing follows stands behind its sentence all the same
        text = _LAST_MARKS.sub(_before_stop, text)
    return [one.text for one in split_sentences(_marks_inside(text, leads))]


def _marks_lead(text: str) -> bool:
    """Whether a text begins with a mark that something follows."""
    return _MARKS_THEN_WORD.match(_LIST_MARK.sub("", text)) is not None


def _spoken(pieces: Iterable[str]) -> Iterator[str]:
    """Without a thought at the beginning."""
    pieces = iter(pieces)
    start = ""
    for piece in pieces:
        start += piece
        # Only where a tag may have ended: a thought can be long.
        whole = _THOUGHT.match(start) if ">" in piece else None
        if whole:
            start = start[whole.end() :]
            break
        head = start.lstrip()
        if head and not (_OPEN_THOUGHT.match(start) or "<thinking".startswith(head)):
            break
    if not _OPEN_THOUGHT.match(start):
        yield start
    yield from pieces


def _without_thought(text: str) -> str:
    """Without a thought whose beginning was never said: some servers keep it."""
    ends = list(_THOUGHT_ENDS.finditer(text))
    return text[ends[-1].end() :] if ends else text


def _split_off(text: str, leads: bool) -> tuple[list[Marked], str]:
    """The sentences that are surely complete, marks and all, and the rest, which may go on."""
    moved = _marks_inside(text, leads)
    sentences = split_sentences(moved)
    if len(sentences) < 2:
        return [], text
    # "It is open. [" may still become a mark of the sentence before it, and "No. 1" one sentence.
    if not _WHOLE_WORD.search(_OPEN_MARK.sub("", _MARKS.sub("", sentences[-1].text))):
        return [], text
    return [_marked(one.text) for one in sentences[:-1]], moved[sentences[-1].start :]


def _marks_inside(text: str, leads: bool) -> str:
    """Marks behind a full stop move in front of it, to its sentence; or they begin the next one."""
    plain = _LIST_MARK.sub("", text)  # "2." would be taken for a sentence
    # At a line break, as the splitter would take "A. [2]" for a sentence.
    return _STOP_THEN_MARKS.sub(r"\1\n\2" if leads else _before_stop, plain)


def _before_stop(match: re.Match[str]) -> str:
    return f"{match[2].rstrip()}{match[1]}"


def _marked(sentence: str) -> Marked:
    numbers = [n for mark in _MARKS.finditer(sentence) for n in _listed(mark.group())]
    paired = _without_unpaired(_MARKS.sub("", _LEADING.sub(r"\2", sentence)))
    text = _UNSEEN.sub("", _EMPHASIS.sub(r"\2", paired))
    text = re.sub(r"\s+([.,;:!?])", r"\1", re.sub(r"\s{2,}", " ", text)).strip()
    return Marked(text, tuple(dict.fromkeys(numbers)))


def _without_unpaired(text: str) -> str:
    """Without the half of a pair around several sentences, or of one that a stop ends."""
    for sign, edge in _UNPAIRED.items():
        if text.count(sign) % 2:
            text = edge.sub("", text, count=1)
    return text


def _listed(mark: str) -> Iterator[int]:
    for part in _PART.finditer(mark.partition("†")[0]):
        first = int(part[1])
        last = int(part[2]) if part[2] else first
        if first <= last <= first + _WIDEST:
            yield from range(first, last + 1)
        else:
            yield from (first, last)
