"""What the trained judge is trained on: claims, evidence, and whether the one follows.

* Sentences of the SQuAD articles (Rajpurkar et al., 2018), altered by rule (`eval/alterations.py`).
* Pairs of our own, `eval/data/claims_fit.jsonl`: restatements in other words, and their twins made
  false by one change. Every seventh piece of evidence is kept aside.
"""

from __future__ import annotations

import hashlib
import random
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

import regex

from eval.alterations import altered, neighbours, shortened
from eval.claim_pairs import ClaimPair
from rag.text import split_sentences

_EACH = 4  # sentences of an article's paragraph that are used, at most
_KEPT = 7  # one in so many is kept aside
_WORD = regex.compile(r"\p{L}[\p{L}\p{M}’'-]*|\d[\d.,]*|\S")
_UNSAID = 0.12  # of the claims by rule are sentences that the evidence leaves out


@dataclass(frozen=True, slots=True)
class Judged:
    """A claim, what it is held against, and whether it follows."""

    claim: str
    evidence: tuple[str, ...]
    supported: bool
    wrong: tuple[tuple[int, int], ...] | None = None
    """Where the claim says what does not follow, in characters; None: nobody has said."""


def by_rule(articles: Path, titles: frozenset[str], seed: int) -> list[Judged]:
    """Sentences of the articles, altered and not.

    Args:
        articles: The archive of the SQuAD articles, a paragraph on each line.
        titles: Articles to leave out, as their files are named.
        seed: Of every choice.
    """
    chance = random.Random(seed)
    found: list[Judged] = []
    for title, text in _articles(articles):
        if title in titles:
            continue
        for paragraph in text.splitlines():
            sentences = [one.text for one in split_sentences(paragraph) if 40 < len(one.text) < 300]
            places = chance.sample(range(len(sentences)), min(_EACH, len(sentences)))
            for place in places:
                found += _two(sentences, place, paragraph, chance)
    chance.shuffle(found)
    return found


def of_pairs(pairs: Sequence[ClaimPair]) -> tuple[list[Judged], list[Judged]]:
    """Both claims of each pair: to train on, and kept aside."""
    train: list[Judged] = []
    aside: list[Judged] = []
    for pair in pairs:
        wrong = changed(pair.paraphrase, pair.altered)
        into = aside if is_kept_aside(pair) else train
        into.append(Judged(pair.paraphrase, pair.evidence, True, ()))
        into.append(Judged(pair.altered, pair.evidence, False, wrong))
    return train, aside


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


def _two(
    sentences: Sequence[str], place: int, paragraph: str, chance: random.Random
) -> Iterator[Judged]:
    evidence = neighbours(sentences, place, chance)
    claim = shortened(sentences[place], chance)
    yield Judged(claim, evidence, True, ())
    rest = [one for one in sentences if one not in evidence]
    if rest and chance.random() < _UNSAID:
        other = shortened(chance.choice(rest), chance)
        yield Judged(other, evidence, False, None)
        return
    change = altered(claim, paragraph, chance)
    if change and change[0] not in " ".join(evidence):
        yield Judged(change[0], evidence, False, (change[1:],))


def _articles(archive: Path) -> Iterator[tuple[str, str]]:
    with tarfile.open(archive) as files:
        for member in sorted(files.getmembers(), key=lambda one: one.name):
            opened = files.extractfile(member) if member.isfile() else None
            if opened:
                yield Path(member.name).stem, opened.read().decode("utf-8")
