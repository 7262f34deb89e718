"""How well gold sentences are found: formulas on one question's ranking.

`found[i]` holds the numbers of the parts that the hit at rank i + 1 holds, best hit first, and
`parts` says how many there are; a question of which any gold sentence answers has one part.

Own functions: ir-measures and ranx grade document ids against a list of right ids, but which
passages are right is decided here by the words they hold, and one may hold several parts. Where
each holds one at most, the tests hold these against trec_eval and ndeval, by ir-measures.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from math import log2
from typing import TypeVar

from eval.cases.gold import Gold, Retrieved, answers, is_post

Found = Sequence[Set[int]]
Hit = TypeVar("Hit", bound=Retrieved)


def found_parts(hits: Sequence[Retrieved], parts: Sequence[Sequence[Gold]]) -> Found:
    """The parts that each hit holds: its post is the gold post, its text holds the quote."""
    return tuple(
        frozenset(
            number
            for number, alternatives in enumerate(parts)
            if any(is_post(gold, hit.post_id) and answers(hit.text, gold) for gold in alternatives)
        )
        for hit in hits
    )


def one_of_each_post(hits: Sequence[Hit]) -> list[Hit]:
    """The first hit of every post: where posts are gold, a post counts once."""
    first: dict[str, Hit] = {}
    for hit in hits:
        first.setdefault(hit.post_id, hit)
    return list(first.values())


def recall_at(k: int, found: Found, parts: int) -> float:
    """Share of the parts that the first k hits hold, in [0, 1].

    |parts of hit 1 ∪ … ∪ parts of hit k| / |parts|: Zhai et al., 2003, as subtopic recall,
    https://doi.org/10.1145/860435.860440. With one part this is the hit rate: 1 if any of the
    first k hits is right.
    """
    return len(frozenset().union(*found[:k])) / parts


def reciprocal_rank_at(k: int, found: Found) -> float:
    """1 / rank of the first right hit; 0 if it is not among the first k.

    Its mean is MRR@k: Voorhees, 1999, https://trec.nist.gov/pubs/trec8/papers/qa_report.pdf.
    """
    return next((1 / rank for rank, parts in enumerate(found[:k], 1) if parts), 0.0)


def ndcg_at(k: int, found: Found, parts: int) -> float:
    """Normalised discounted cumulative gain over the parts, in [0, 1].

    Σ 1 / log2(rank + 1) over the parts found, divided by the same sum of a ranking that brings a
    part at every rank: Järvelin and Kekäläinen, 2002, https://doi.org/10.1145/582415.582418, with
    binary gain. A part counts where it is found first, as in α-nDCG with α = 1 (Clarke et al.,
    2008, https://doi.org/10.1145/1390334.1390446); several parts in one passage count as if on
    consecutive ranks, so the ideal is one part a rank.
    """
    seen: set[int] = set()
    ranks: list[int] = []
    for rank, here in enumerate(found[:k], 1):
        for _ in here - seen:
            ranks.append(max(rank, len(ranks) + 1))
        seen |= here
    ideal = sum(1 / log2(rank + 1) for rank in range(1, min(parts, k) + 1))
    return sum(1 / log2(rank + 1) for rank in ranks if rank <= k) / ideal
