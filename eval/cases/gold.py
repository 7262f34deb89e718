"""When does a text hold a gold sentence? The one place that compares words with gold.

Two rules, both on the words that `rag.text.sentences.search_words` finds in normalised text, each
word counting as often as it stands there and in any order:

* A retrieved passage is right if it is of the gold post and holds at least 60 % of the gold
  sentence's words. Passages are long, so all words count, and the gold sentence is the measure.
* A cited sentence is right if it is of the gold post and shares with the gold sentence at least
  60 % of the words of the shorter one, stop words left out. Either may be a part of the other:
  a gold quote may be half a sentence, a long sentence is cited in parts. Without stop words,
  because a cited "It is." would otherwise lie inside every gold sentence.

The second adapts the citation rules of ALCE (Gao et al., 2023, https://arxiv.org/abs/2305.14627)
to gold sentences: where ALCE asks a model whether a citation entails the statement, a person has
already said which sentences answer the question.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from rag.text.sentences import STOP_WORDS, search_words
from rag.types import Hit, Section

_SENTENCE = 1_000  # characters; what is longer is not kept
ENOUGH = 0.6  # of the words; part of the definition, not fitted

_INVISIBLE = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]")
_SINGLE = re.compile("[‘’‚‛′`´]")
_DOUBLE = re.compile("[“”„‟″«»]")
_DASH = re.compile("[‐-―−]")


@dataclass(frozen=True, slots=True)
class Gold:
    """A sentence of a post that answers a question, as a person chose it, or the post as a whole.

    It is the whole post where neither a quote nor a hash names a sentence: any text of the post,
    and a citation of any of its sentences, is right.
    """

    post_id: str
    """A full post id ("blog.example.org/12"), or its WordPress id alone ("12")."""
    heading: str
    """The nearest heading before the sentence; empty before the first heading."""
    quote: str
    """Empty where the sentence is named by its hash and no index has told it yet."""
    sentence: str = ""
    """The hash that names the sentence where the posts' text is not published with the cases."""

    @property
    def whole_post(self) -> bool:
        return not self.quote and not self.sentence


class Retrieved(Protocol):
    """What is graded of a hit: a `rag.record.HitRecord` is one."""

    @property
    def post_id(self) -> str: ...
    @property
    def text(self) -> str: ...


@dataclass(frozen=True, slots=True)
class RetrievedText:
    """A hit of any ranking: the post and the text that was found."""

    post_id: str
    text: str

    @classmethod
    def of(cls, hit: Hit) -> RetrievedText:
        return cls(hit.passage.post.id, hit.passage.text)


def normalise(text: str) -> str:
    """Text for comparing: NFKC, case-folded, one kind of quote, dash and white space."""
    return _once(text) if len(text) <= _SENTENCE else _normal(text)


@lru_cache(maxsize=4_000)  # a gold sentence meets every citation and every hit
def _once(text: str) -> str:
    return _normal(text)


def _normal(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).casefold()
    text = _DASH.sub("-", _DOUBLE.sub('"', _SINGLE.sub("'", _INVISIBLE.sub("", text))))
    return " ".join(text.split())


def sentence_hash(sentence: str) -> str:
    """16 hexadecimal digits that name a sentence, whatever its marks, case and white space.

    The start of the SHA-256 of its letters and digits (NFKC, case-folded), with a single space
    for whatever stands between them; empty where it has neither.
    """
    normal = normalise(sentence)
    words = "".join(character if character.isalnum() else " " for character in normal).split()
    return hashlib.sha256(" ".join(words).encode()).hexdigest()[:16] if words else ""


def is_post(gold: Gold, post_id: str) -> bool:
    """Whether this is the gold post, by its full id or by a WordPress id alone."""
    return post_id == gold.post_id or (
        gold.post_id.isdigit() and post_id.rpartition("/")[2] == gold.post_id
    )


def holds(text: str, quote: str) -> bool:
    """Whether a passage's text holds at least 60 % of the quote's words."""
    wanted = _words(quote)
    return bool(wanted) and (wanted & _words(text)).total() >= ENOUGH * wanted.total()


def answers(text: str, gold: Gold) -> bool:
    """Whether a text of the gold post is right: it holds the quote, or the post is gold."""
    return gold.whole_post or holds(text, gold.quote)


def same_sentence(one: str, other: str) -> bool:
    """Whether two quotes share at least 60 % of the shorter one's words, without stop words."""
    a, b = _telling_words(one), _telling_words(other)
    shorter = min(a.total(), b.total())
    return shorter > 0 and (a & b).total() >= ENOUGH * shorter


def find(gold: Gold, sections: Sequence[Section]) -> Section | None:
    """The section of the gold post that holds the gold quote; None where it does not stand.

    The quote itself, else the section that `holds` it; a section under the gold heading first.
    A quote that is not known yet stands nowhere. Of a whole post it is the first section.
    """
    if gold.whole_post:
        return next(iter(sections), None)
    quote = normalise(gold.quote)
    if not quote:
        return None
    under = sorted(sections, key=lambda one: not is_heading(gold, one.headings))
    for section in under:
        if quote in normalise(section.text):
            return section
    return next((section for section in under if holds(section.text, gold.quote)), None)


def is_heading(gold: Gold, headings: Sequence[str]) -> bool:
    """Whether the innermost of these headings is the gold one; no headings fit an empty one."""
    return normalise(headings[-1] if headings else "") == normalise(gold.heading)


@lru_cache(maxsize=20_000)
def _words(text: str) -> Counter[str]:
    return Counter(search_words(normalise(text)).split())


def _telling_words(text: str) -> Counter[str]:
    return _telling_once(text) if len(text) <= _SENTENCE else _telling(text)


@lru_cache(maxsize=10_000)
def _telling_once(text: str) -> Counter[str]:
    return _telling(text)


def _telling(text: str) -> Counter[str]:
    words = _words(text)
    telling = Counter({word: n for word, n in words.items() if word not in STOP_WORDS})
    return telling or words
