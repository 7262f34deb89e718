"""Questions that lean on the conversation before them, and what they lean on. Rules, no model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass

import regex

from rag.text.sentences import STOP_WORDS, search_words
from rag.types import Turn
from rag.understanding.in_place import in_place, is_elliptic, named_alone
from rag.understanding.pointing import LIGHT, goes_on, introduces, leans_back, own_words
from rag.understanding.said_names import introduced, names_said, said_words

Rarity = Callable[[str], float]
"""Inverse document frequency of a word in lower case, positive; 0: it occurs nowhere."""

_PERSON = regex.compile(r"\b(?:he|him|his|himself|she|hers?|herself)\b", regex.IGNORECASE)
_THING = regex.compile(r"\b(?:it|its)\b", regex.IGNORECASE)
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

    "And peppers?" is the question before it, with peppers in it.

    Args:
        question: White space as single spaces.
        history: Earlier turns, oldest first.
        rarity: Rare words say more about the subject; None: all words are alike.
    """
    if not history or not leans_back(question):
        return question
    if whole := put_in_place(question, history, rarity) or said_of_thing(question, history, rarity):
        return whole
    known = {word.lower() for word in said_words(question)}
    subject = [word for word in _subject(question, history, rarity) if word.lower() not in known]
    return f"{question} ({' '.join(dict.fromkeys(subject))})" if subject else question


def _subject(question: str, history: Sequence[Turn], rarity: Rarity | None) -> Iterator[str]:
    """What the conversation is about: its names, and the words of its last complete question."""
    known = {word.lower() for word in said_words(question)}
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


def said_of_thing(
    question: str, history: Sequence[Turn], rarity: Rarity | None = None
) -> str | None:
    """A question with what "it" stands for in its place, where that was asked for just now.

    "Is it free?" behind "What is the Old Mill?" is "Is the Old Mill free?", and none of the names
    that the answer told of it. None where "it" may be something else.
    """
    it = _THING.search(question)
    if it is None or not leans_back(question):
        return None
    for number, turn in reversed(list(enumerate(history))):
        again = put_in_place(turn.question, history[:number], rarity)
        if again or not leans_back(turn.question) or number == 0:
            thing = introduced(again or turn.question) or (
                named_alone(turn.question) if again else ""
            )
            its = "’s" if it[0].lower() == "its" else ""
            return f"{question[: it.start()]}{thing}{its}{question[it.end() :]}" if thing else None
    return None


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
    words = list(dict.fromkeys(w for w in said_words(text) if w.lower() not in STOP_WORDS | LIGHT))
    if rarity is None:
        return words[:most]
    weights = {word: _rare([word], rarity) for word in words}
    kept = sorted(words, key=lambda word: -weights[word])[:most]
    return [word for word in words if word in kept]


def _told_who(last: Turn) -> frozenset[frozenset[str]]:
    """The names, in small letters, with which the turn before said who it was.

    That turn alone: behind others, people mean by "he" whom the conversation is about.
    """
    if not _WHO.match(last.question) or _WHO_IS.search(last.question):
        return frozenset()
    asked = set(search_words(last.question).lower().split())
    names = (_lower(words) for words, _ in names_said(last.answer))
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
            for words, sure in names_said(text):
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
    if rarity is None:
        return 1.0
    parts = [part for word in words for part in search_words(word.lower()).split()]
    return max(map(rarity, parts), default=0.0)


def put_in_place(
    question: str, history: Sequence[Turn], rarity: Rarity | None = None
) -> str | None:
    """The last whole question with what "And peppers?" names in it; None where it is no such one.

    Nothing of the answers is in it.

    Args:
        question: The last one.
        history: Earlier turns, oldest first.
        rarity: As `standalone` takes it.
    """
    if not is_elliptic(question):
        return None
    whole = ""
    for turn in history:
        asked = turn.question.strip()
        if whole and (put := in_place(asked, whole, rarity)):
            whole = put
        elif not whole or not leans_back(asked):
            whole = asked
        elif own_words(asked):  # "Why?" asks nothing that could be asked of something else
            whole = standalone(asked, [Turn(whole)], rarity)
    return in_place(question, whole, rarity) if whole else None
