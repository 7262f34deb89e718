"""Questions with their gold answers: from JSON Lines to `Case`s. Mistakes are told by line."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from eval.cases.gold import Gold, find, is_post, sentence_hash
from eval.cases.jsonl import Id, ItemLine, Line, Text, mistaken, read_items
from rag.asked import turns
from rag.text.sentences import search_words, split_sentences
from rag.types import Post, Turn

if TYPE_CHECKING:
    from rag.index.index import Index

_NEEDS_ALL = frozenset({"multi"})


@dataclass(frozen=True, slots=True)
class Case:
    """A question and what is known about its answer."""

    id: str
    kind: str
    """For slices, such as "fact", "followup", "near"; "multi" needs every gold sentence."""
    question: str
    history: tuple[Turn, ...] = ()
    """Earlier turns, oldest first."""
    answerable: bool = True
    answer: str = ""
    """A reference answer, for people."""
    must_include: tuple[tuple[str, ...], ...] = ()
    """A right answer contains one of the alternatives of each group."""
    must_not_include: tuple[str, ...] = ()
    """No answer may contain any of them, such as what a post or a question tries to have said."""
    gold: tuple[Gold, ...] = ()
    """Empty where the posts do not answer, or where nobody has marked what answers."""

    @property
    def parts(self) -> tuple[tuple[Gold, ...], ...]:
        """What an answer needs: one of the alternatives of each part."""
        if self.kind in _NEEDS_ALL:
            return tuple((gold,) for gold in self.gold)
        return (self.gold,) if self.gold else ()


def load_cases(path: Path, *, needs_gold: bool = False) -> tuple[Case, ...]:
    """The cases of a JSON Lines file, in its order; ids are unique.

    Gold that is named by a hash has no quote until `resolve_gold` has found it in an index.

    Args:
        path: Of the file.
        needs_gold: An answerable case without gold is a mistake: for whoever fits on cases or
            ranks by them, who would take it for one whose answer is nowhere.

    Raises:
        SourceError: The file cannot be read or has mistakes; the hint lists the first ten.
    """
    explained = f"`pullquote eval check {path}` explains them."
    cases = tuple(line.case() for line in read_items(path, CaseLine, explained=explained))
    bare = [one.id for one in cases if one.answerable and not one.gold]
    if needs_gold and bare:
        raise mistaken(path, [f"{id_}: an answerable case has no gold" for id_ in bare])
    return cases


def fingerprint(case: Case) -> str:
    """16 hexadecimal digits of all that is asked and graded of a case; not its reference answer."""
    asked = asdict(replace(case, answer=""))
    if not case.must_not_include:  # reports from before there was the field stay comparable
        del asked["must_not_include"]
    text = json.dumps(asked, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def resolve_gold(cases: Sequence[Case], index: Index) -> tuple[Case, ...]:
    """The cases with the sentences that their hashes name, as the index has them.

    A hash that names no sentence of its post there stays without a quote: nothing is right for
    it, and `missing_gold` tells its case.
    """
    unknown = [gold for case in cases for gold in case.gold if gold.sentence and not gold.quote]
    if not unknown:
        return tuple(cases)
    sentences: dict[tuple[str, str], str] = {}  # by post, as gold names it, and hash
    for name, post in _named({gold.post_id: gold for gold in unknown}, index):
        sentences |= {(name, digest): text for digest, text in _hashed(post, index)}

    def told(gold: Gold) -> Gold:
        quote = sentences.get((gold.post_id, gold.sentence), "")
        return gold if gold.quote or gold.whole_post else replace(gold, quote=quote)

    return tuple(replace(case, gold=tuple(told(gold) for gold in case.gold)) for case in cases)


def missing_gold(cases: Sequence[Case], index: Index) -> tuple[str, ...]:
    """Ids of the cases of which a gold sentence does not stand in the index, in order."""
    posts = [post.id for post in index.posts(limit=max(1, index.status().posts))]
    missing = []
    for case in cases:
        for gold in case.gold:
            own = [post for post in posts if is_post(gold, post)]
            if not any(find(gold, index.sections(post)) for post in own):
                missing.append(case.id)
                break
    return tuple(missing)


def _posts(index: Index) -> tuple[Post, ...]:
    return index.posts(limit=max(1, index.status().posts))


def _named(golds: Mapping[str, Gold], index: Index) -> Iterator[tuple[str, Post]]:
    """The posts that gold is of, each with the name that gold gives it."""
    for post in _posts(index):
        yield from ((name, post) for name, gold in golds.items() if is_post(gold, post.id))


def _hashed(post: Post, index: Index) -> Iterator[tuple[str, str]]:
    """The hash of every sentence of a post, and the sentence."""
    for section in index.sections(post.id):
        for one in split_sentences(section.text, section.blocks, language=post.language):
            yield sentence_hash(one.text), one.text


class GoldLine(Line):
    """A sentence as it stands in its post, or the hash that names it, or all of the post."""

    post_id: Id
    heading: str = ""
    quote: Text | None = None
    sentence: Annotated[str, Field(pattern="^[0-9a-f]{16}$")] | None = None
    whole_post: bool = False

    @model_validator(mode="after")
    def _one_of_them(self) -> GoldLine:
        if (self.quote is not None) + (self.sentence is not None) + self.whole_post != 1:
            raise ValueError("write quote, or sentence with the hash of a sentence, or whole_post")
        return self


class TurnLine(Line):
    """A turn with its answer, or one message of a chat."""

    question: Text | None = None
    answer: str = ""
    role: Literal["user", "assistant"] | None = None
    content: Text | None = None

    @model_validator(mode="after")
    def _one_shape(self) -> TurnLine:
        turn = self.question is not None
        message = self.role is not None and self.content is not None
        if turn == message or (message and self.answer):
            raise ValueError("write question and answer, or role and content")
        return self


class CaseLine(ItemLine):
    """A case as it stands on its line."""

    kind: Text
    question: Text
    history: tuple[TurnLine, ...] = ()
    answerable: bool
    answer: str = ""
    must_include: tuple[Annotated[tuple[Text, ...], Field(min_length=1)], ...] = ()
    must_not_include: tuple[Text, ...] = ()
    gold: tuple[GoldLine, ...] = ()

    def problems(self) -> list[str]:
        found = [
            f"gold.{place}.quote: {gold.quote!r} has no word"
            for place, gold in enumerate(self.gold)
            if gold.quote is not None and not search_words(gold.quote)
        ]
        if not self.answerable and (self.gold or self.must_include):
            found.append("gold and must_include: a question without an answer has none")
        if self.history and self.history[0].role == "assistant":
            found.append("history: the first message is the user's")
        return found

    def case(self) -> Case:
        return Case(
            id=self.id,
            kind=self.kind,
            question=self.question,
            history=turns(self.history),
            answerable=self.answerable,
            answer=self.answer,
            must_include=self.must_include,
            must_not_include=self.must_not_include,
            gold=tuple(
                Gold(one.post_id, one.heading, one.quote or "", one.sentence or "")
                for one in self.gold
            ),
        )
