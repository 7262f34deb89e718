"""Questions that lean on the conversation before them, and what they lean on. Rules, no model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass

import regex

from rag.text.sentences import STOP_WORDS, search_words
from rag.types import Turn
from rag.understanding.pointing import LIGHT, goes_on, introduces, leans_back

Rarity = Callable[[str], float]
"""Inverse document frequency of a word in lower case, positive; 0: it occurs nowhere."""

_CAPITAL = (
    r"(?:(?:\p{Lu}\.)+|"
    r"(?:\p{Lu}|(?<!\d)\d++\p{L})[\p{L}\p{M}\p{N}’'-]*(?:\.[\p{L}\p{N}’'-]+)*)"
)
# Part of a site's name; the name service has none that is longer, and a search has an end.
_LABEL = r"[\p{L}\p{N}-]{1,63}+"
_NAME = regex.compile(
    rf"\b{_LABEL}(?:\.{_LABEL}){{0,8}}\.\p{{Ll}}{{2,63}}\b|"  # of a site: blog.example
    rf"{_CAPITAL}(?:\s+(?:(?:of|the|and|for|de|la|in|a)\s+){{0,2}}{_CAPITAL})*"
)
# Looks back from a place, and no further than the white space before it.
_SENTENCE_START = regex.compile(r"(?<=(?:^|[.?!:“\"])\s*)")
_ASKING = frozenset("how what when where who whom whose why which is are was were did do does can "
                    "could should would will has have had in on at of the a an and but or so "
                    "if i it he she they we you tell yes no there this that".split())  # fmt: skip
_PERSON = regex.compile(r"\b(?:he|him|his|himself|she|hers?|herself)\b", regex.IGNORECASE)
# "Who founded it?" and not "Who did she play for?", which asks about another than "she".
_WHO = regex.compile(
    r"^\s*(?:(?:and|but|so)\s+)?who\s+(?!(?:did|do|does|are|were|else|has|have|had|would|will|could|"
    r"can|should)\b)\p{L}",
    regex.IGNORECASE,
)
# "Who is Ines Moreau?" names whom it asks about; "Who is Ines Moreau's sister?" does not.
_WHO_IS = regex.compile(
    r"\b(?i:who)(?:['’]s|\s+(?:is|was))\s+(?:\p{Lu}[\p{L}\p{M}.-]*+\s*+)++(?!['’])"
)
_TIMES = frozenset(
    "january february march april may june july august september october november "
    "december monday tuesday wednesday thursday friday saturday sunday".split()
)
_BARE = 1  # a question with no more words of its own takes over what was asked as well
_FADES = 0.9  # what one more turn back still counts
_SAID = 0.5  # what a name in an answer counts beside one in a question
_DOUBTFUL = 0.3  # what a single word at the start of a sentence counts as a name
_STALE = 0.3  # what a name counts where the turn behind it asked what something else is
_LEAST = 0.5  # of the first name's weight: then a second one is carried over as well
_NAMES, _WORDS = 2, 2  # carried over at most
_LOOKED_AT = 4000  # characters of a turn's question, and of its answer


@dataclass(frozen=True, slots=True)
class _Mention:
    words: tuple[str, ...]
    weight: float


def looked_at(history: Sequence[Turn]) -> tuple[Turn, ...]:
    """The turns as far as rules look at them: their beginnings, however much a caller sends."""
    return tuple(Turn(turn.question[:_LOOKED_AT], turn.answer[:_LOOKED_AT]) for turn in history)


def standalone(question: str, history: Sequence[Turn], rarity: Rarity | None = None) -> str:
    """The question with what it leans on in brackets behind it; itself where it leans on nothing.

    Args:
        question: White space as single spaces.
        history: Earlier turns, oldest first.
        rarity: Rare words say more about the subject; None: all words are alike.
    """
    if not history or not leans_back(question):
        return question
    known = {word.lower() for word in search_words(question).split()}
    subject = [word for word in _subject(question, history, rarity) if word.lower() not in known]
    return f"{question} ({' '.join(dict.fromkeys(subject))})" if subject else question


def _subject(question: str, history: Sequence[Turn], rarity: Rarity | None) -> Iterator[str]:
    """What the conversation is about: its names, and the words of its last complete question."""
    known = {word.lower() for word in search_words(question).split()}
    persons = _told_who(history[-1]) if _PERSON.search(question) else frozenset()
    names = [
        mention
        for mention in _salient(history, rarity, first=persons)
        if not _lower(mention.words) & known
    ]
    least = names[0].weight * _LEAST if names else 0.0
    for name in names[:_NAMES]:
        if name.weight >= least:
            yield from name.words
    own = [word for word in known if word not in STOP_WORDS]
    yield from _words(history, rarity, _WORDS)
    if len(own) < _BARE:
        # "Why?", "And in winter?" take over what was asked of the subject, too.
        yield from _telling(history[-1].question, rarity, _WORDS)


def _words(history: Sequence[Turn], rarity: Rarity | None, most: int) -> Iterator[str]:
    """Of the last complete question, and of those behind it that named something else."""
    for turn in reversed(history):
        leans = leans_back(turn.question)
        if turn is history[0] or not leans or goes_on(turn.question):
            yield from _telling(turn.question, rarity, most)
        if not leans:
            return


def _telling(text: str, rarity: Rarity | None, most: int) -> list[str]:
    """The rarest words of a text, in its order."""
    words = list(
        dict.fromkeys(w for w in search_words(text).split() if w.lower() not in STOP_WORDS | LIGHT)
    )
    if rarity is None:
        return words[:most]
    weights = {word: rarity(word.lower()) for word in words}
    kept = sorted(words, key=lambda word: -weights[word])[:most]
    return [word for word in words if word in kept]


def _told_who(last: Turn) -> frozenset[frozenset[str]]:
    """The names, in small letters, with which the turn before said who it was.

    That turn alone: behind others, people mean by "he" whom the conversation is about.
    """
    if not _WHO.match(last.question) or _WHO_IS.search(last.question):
        return frozenset()
    asked = set(search_words(last.question).lower().split())
    names = (_lower(words) for words, _ in _names(last.answer))
    return frozenset(name for name in names if name.isdisjoint(asked))


def _salient(
    history: Sequence[Turn], rarity: Rarity | None, *, first: Set[frozenset[str]] = frozenset()
) -> list[_Mention]:
    """The names of a conversation, those first that it keeps coming back to.

    Args:
        history: Earlier turns, oldest first.
        rarity: As `standalone` takes it.
        first: The words of names, in small letters, that come before all others.
    """
    weights: dict[tuple[str, ...], float] = {}
    sures: dict[tuple[str, ...], bool] = {}
    introduced = introduces(history[-1].question) and not leans_back(history[-1].question)
    for age, turn in enumerate(reversed(history)):
        for source, text in ((1.0, turn.question), (_SAID, turn.answer)):
            for words, sure in _names(text):
                weight = source * _FADES**age * (1 if sure else _DOUBTFUL)
                weight *= _STALE if introduced and age else 1
                weights[words] = weights.get(words, 0.0) + weight
                sures[words] = sures.get(words, False) or sure
    # "Three." is no name; "Allen did." is one, where somebody is called Allen elsewhere.
    named = {word for words, sure in sures.items() if sure for word in words}
    whole: dict[tuple[str, ...], float] = {}
    longer, leading = _Longer(), set()
    for words in sorted(weights, key=len, reverse=True):
        if named & set(words):
            one = longer.of(words)
            whole[one] = whole.get(one, 0.0) + weights[words]
            if _lower(words) in first:
                leading.add(one)
    found = [_Mention(words, weight * _rare(words, rarity)) for words, weight in whole.items()]
    found = [mention for mention in found if mention.weight > 0]
    return sorted(found, key=lambda mention: (mention.words not in leading, -mention.weight))


def _lower(words: Sequence[str]) -> frozenset[str]:
    return frozenset(word.lower() for word in words)


class _Longer:
    """Names that have all words of another: "Allen" is Holly Allen, where both are named."""

    def __init__(self) -> None:
        self._by_word: dict[str, list[tuple[tuple[str, ...], frozenset[str]]]] = {}

    def of(self, words: tuple[str, ...]) -> tuple[str, ...]:
        """The first name given before that has these words; else they are a name of their own."""
        own = _lower(words)
        # Whatever has all words is among the few that have the rarest of them.
        having = min((self._by_word.setdefault(word, []) for word in own), key=len)
        for name, its in having:
            if own <= its:
                return name
        for word in own:
            self._by_word[word].append((words, own))
        return words


def _rare(words: Sequence[str], rarity: Rarity | None) -> float:
    return max(rarity(word.lower()) for word in words) if rarity else 1.0


def _names(text: str) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Words with capitals, as groups, and whether they are surely names."""
    for match in _NAME.finditer(text):
        parts = match[0].split()
        starts = _SENTENCE_START.match(text, match.start()) is not None
        while parts and starts and parts[0].lower().strip(".,'’") in _ASKING:
            parts, starts = parts[1:], False
        words = tuple(
            word for word in search_words(" ".join(parts)).split()
            if word.lower() not in STOP_WORDS | _TIMES and len(word) > 1
        )  # fmt: skip
        if words:
            yield words, not (starts and len(words) == 1)
