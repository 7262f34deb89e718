"""Names in what was said: words with capitals, and what belongs to them."""

from __future__ import annotations

from collections.abc import Iterator

import regex

from rag.text.calendar_words import MONTHS, WEEKDAYS
from rag.text.sentences import STOP_WORDS, search_words

_NUMBER = r"\d+(?:\.\d+)+(?![\p{L}\p{N}])"  # a version: 2.0
_CAPITAL = (
    r"(?:(?:\p{Lu}\.)+|"
    r"(?:\p{Lu}|(?<!\d)\d++\p{L})[\p{L}\p{M}\p{N}’'-]*(?:\.[\p{L}\p{N}’'-]+)*)"
)
# Part of a site's name; the name service has none that is longer, and a search has an end.
_LABEL = r"[\p{L}\p{N}-]{1,63}+"
_NAME = regex.compile(
    rf"\b{_LABEL}(?:\.{_LABEL}){{0,8}}\.\p{{Ll}}{{2,63}}\b|"  # of a site: blog.example
    rf"{_CAPITAL}(?:\s+(?:(?:of|the|and|for|de|la|in|a)\s+){{0,2}}{_CAPITAL})*(?:\s+{_NUMBER})?"
)
# Looks back from a place, and no further than the white space before it.
_SENTENCE_START = regex.compile(r"(?<=(?:^|[.?!:“\"])\s*)")
_ASKING = frozenset("how what when where who whom whose why which is are was were did do does can "
                    "could should would will has have had in on at of the a an and but or so "
                    "if i it he she they we you tell yes no there this that".split())  # fmt: skip
_TIMES = frozenset((*MONTHS, *WEEKDAYS))
_WHOLE = regex.compile(
    rf"(?<![\p{{L}}\p{{N}}.-])(?:{_NUMBER}|\p{{Latin}}{{2,}}(?:-\p{{Latin}}{{2,}})+(?![\p{{L}}\p{{N}}-]))"
)
# "What is the best mulch?" is answered by another name, and that one is meant by "it".
_NAMED_BY_ITS_ANSWER = (
    r"of|best|worst|most|least|main|only|name|number|reason|cause|answer|result|capital|difference|"
    r"first|last|next|latest|favou?rite|\p{L}{2,}est|about|called|doing|used|needed"
)
_INTRODUCES = regex.compile(
    r"\s*(?:what(?:['’]s|\s+(?:is|are|was|were))|(?:please\s+)?(?:can\s+you\s+|could\s+you\s+)?"
    r"(?:tell\s+(?:me|us)\s+(?:something\s+|more\s+)?about|explain|describe|introduce)|"
    r"what\s+do\s+you\s+know\s+about|what\s+can\s+you\s+(?:tell|say)\s+(?:me\s+|us\s+)?about)\s+"
    rf"(?P<thing>(?:(?!(?:{_NAMED_BY_ITS_ANSWER})\b)[\p{{L}}\p{{M}}\p{{N}}.’'+*-]++\s*+){{1,7}}+)[\s?.!]*",
    regex.IGNORECASE,
)


def introduced(question: str) -> str:
    """What a question asks to be told of: "What is cloud.gov?"; empty where it is another one."""
    match = _INTRODUCES.fullmatch(question)
    return match["thing"].rstrip(" .") if match else ""


def said_words(text: str) -> list[str]:
    """The search words of a text, with versions and compounds left whole: "2.0", "set-up"."""
    words, at = list[str](), 0
    for match in _WHOLE.finditer(text):
        words += [*search_words(text[at : match.start()]).split(), match[0]]
        at = match.end()
    return [*words, *search_words(text[at:]).split()]


def names_said(text: str) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Words with capitals, as groups, and whether they are surely names."""
    for start, end, sure in name_spans(text):
        words = tuple(
            word for word in said_words(text[start:end])
            if word.lower() not in STOP_WORDS | _TIMES and len(word) > 1
        )  # fmt: skip
        if words:
            yield words, sure or len(words) > 1


def name_spans(text: str) -> Iterator[tuple[int, int, bool]]:
    """Where words with capitals stand, and whether they would not have them in any case."""
    for match in _NAME.finditer(text):
        start = match.start()
        begins = _SENTENCE_START.match(text, start) is not None
        first = match[0].split(maxsplit=1)
        if begins and first[0].lower().strip(".,'’") in _ASKING:
            start, begins = match.end() - len(first[1]) if first[1:] else match.end(), False
        if start < match.end():
            yield start, match.end(), not begins
