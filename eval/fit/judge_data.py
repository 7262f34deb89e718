"""What the trained judge is trained on: claims, evidence, and whether the one follows.

* Sentences of the SQuAD articles (Rajpurkar et al., 2018), altered by rule
  (`eval/fit/alterations.py`).
* Questions of our own about those articles with their short answer, or with another of its kind
  from the same paragraph, as claims in other words than the evidence.
* Pairs of our own: restatements in other words, and their twins made false by one change, about
  texts that were invented for it (`eval/data/claims_fit.jsonl`) and about paragraphs of those
  articles (`eval/data/claims_read.jsonl.gz`, where paragraphs stand by their hash).

A true claim and its twin are one case. What is kept aside is never trained on.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from importlib.resources import files
from pathlib import Path

import regex

from eval.cases.gold import sentence_hash
from eval.claim_pairs import ClaimPair
from eval.fit.alterations import NAME, NUMBER, altered, neighbours, shortened
from eval.fit.reader_data import entries_of, is_kept_article, paragraphs_of
from rag.text.sentences import split_sentences

_EACH = 4  # sentences of an article's paragraph that are used, at most
_KEPT = 7  # one in so many is kept aside
_WORD = regex.compile(r"\p{L}[\p{L}\p{M}’'-]*|\d[\d.,]*|\S")
_WHOLE = 0.25  # of the pairs about a paragraph stand beside all of it
_UNSAID = 0.15  # of them once more beside another sentence of the paragraph, which does not say it


@dataclass(frozen=True, slots=True)
class Judged:
    """A claim, what it is held against, and whether it follows."""

    claim: str
    evidence: tuple[str, ...]
    supported: bool
    wrong: tuple[tuple[int, int], ...] | None = None
    """Where the claim says what does not follow, in characters; None: nobody has said."""


@dataclass(frozen=True, slots=True)
class Twins:
    """A true claim and a false one about the same, or nearly."""

    true: Judged
    false: Judged
    is_aside: bool = False
    """Whether they are kept for grading, and for fitting thresholds."""


def bundled_read_pairs() -> Path:
    """Pairs of our own about paragraphs, which are not part of the package."""
    return Path(str(files("eval.data") / "claims_read.jsonl.gz"))


def by_rule(articles: Path, titles: frozenset[str], seed: int) -> list[Twins]:
    """Sentences of the articles, as they are or shortened, and altered.

    Args:
        articles: The archive of the SQuAD articles, a paragraph on each line.
        titles: Articles to leave out, as their files are named.
        seed: Of every choice.
    """
    chance = random.Random(seed)
    found: list[Twins] = []
    for title, paragraph in paragraphs_of(articles):
        if title in titles or is_kept_article(title) or _is_aside(_name(paragraph)):
            continue
        sentences = [one.text for one in split_sentences(paragraph) if 40 < len(one.text) < 300]
        for place in chance.sample(range(len(sentences)), min(_EACH, len(sentences))):
            evidence = neighbours(sentences, place, chance)
            claim = shortened(sentences[place], chance)
            change = altered(claim, paragraph, chance)
            if change and change[0] not in " ".join(evidence):
                false = Judged(change[0], evidence, False, (change[1:],))
                found.append(Twins(Judged(claim, evidence, True, ()), false))
    return found


def of_questions(questions: Path, articles: Path, seed: int) -> list[Twins]:
    """Questions with their short answer, and with another name or number of the paragraph."""
    chance = random.Random(seed)
    texts = _by_hash(articles)
    found: list[Twins] = []
    for entry in entries_of(questions):
        aside = is_kept_article(entry["article"]) or _is_aside(entry["paragraph"])
        if not entry["short"] or aside:
            continue
        paragraph = texts[entry["paragraph"]]
        sentences = [one.text for one in split_sentences(paragraph)]
        place = next(
            (i for i, s in enumerate(sentences) if sentence_hash(s) == entry["right"][0]), None
        )
        if place is None:
            continue
        answer = sentences[place][slice(*entry["short"])]
        pattern = NUMBER if NUMBER.search(answer) else NAME
        others = [
            one
            for one in dict.fromkeys(pattern.findall(paragraph))
            if one not in answer and answer not in one and one not in entry["question"]
        ]
        if not others or not (answer[:1].isupper() or NUMBER.search(answer)):
            continue
        evidence = neighbours(sentences, place, chance)
        asked = entry["question"]
        other = chance.choice(others)
        false = Judged(
            f"{asked} {other}", evidence, False, ((len(asked) + 1, len(asked) + 1 + len(other)),)
        )
        found.append(Twins(Judged(f"{asked} {answer}", evidence, True, ()), false))
    return found


def of_pairs(pairs: Sequence[ClaimPair]) -> list[Twins]:
    """Pairs about invented texts."""
    return [_twins(p.paraphrase, p.altered, p.evidence, is_kept_aside(p)) for p in pairs]


def of_read_pairs(file: Path, articles: Path, seed: int) -> list[Twins]:
    """Pairs about paragraphs of the articles."""
    chance = random.Random(seed)
    texts = _by_hash(articles)
    found: list[Twins] = []
    for one in entries_of(file):
        sentences = [s.text for s in split_sentences(texts[one["paragraph"]])]
        evidence = tuple(s for s in sentences if sentence_hash(s) in one["evidence"])
        aside = _is_aside(one["paragraph"])
        rest = [s for s in sentences if s not in evidence]
        if not aside and chance.random() < _UNSAID and rest:
            unsaid = Judged(one["paraphrase"], (chance.choice(rest),), False)
            found.append(Twins(Judged(one["paraphrase"], evidence, True, ()), unsaid))
        if not aside and chance.random() < _WHOLE:
            evidence = tuple(sentences)
        found.append(_twins(one["paraphrase"], one["altered"], evidence, aside))
    return found


def _by_hash(articles: Path) -> dict[str, str]:
    texts = (text for _, text in paragraphs_of(articles))
    return {_name(text): text for text in texts}


def _name(paragraph: str) -> str:
    return hashlib.sha256(paragraph.encode()).hexdigest()[:12]


def _is_aside(paragraph: str) -> bool:
    return int(paragraph[:8], 16) % _KEPT == 0


def _twins(true: str, false: str, evidence: tuple[str, ...], aside: bool) -> Twins:
    wrong = changed(true, false)
    return Twins(Judged(true, evidence, True, ()), Judged(false, evidence, False, wrong), aside)


def is_kept_aside(pair: ClaimPair) -> bool:
    digest = hashlib.sha256(" ".join(pair.evidence).encode()).digest()
    return digest[0] % _KEPT == 0


def changed(true: str, false: str) -> tuple[tuple[int, int], ...]:
    """Where the false one has other words; what is only left out marks the word behind it."""
    before = [match.group() for match in _WORD.finditer(true)]
    after = list(_WORD.finditer(false))
    found = []
    match = SequenceMatcher(None, before, [one.group() for one in after], autojunk=False)
    for tag, _, _, start, end in match.get_opcodes():
        if tag == "equal" or not after:
            continue
        last = max(end, start + 1) - 1
        found.append(
            (after[min(start, len(after) - 1)].start(), after[min(last, len(after) - 1)].end())
        )
    return tuple(found)
