"""What people's labels say: how far they agree, and what a judge's figure is worth beside them."""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from statistics import fmean

import numpy as np

from eval.bootstrap import RESAMPLES, Estimate
from eval.cases.cases import Case
from eval.citations import is_gold_sentence
from eval.judging.by_name import NamedJudge
from eval.judging.figures import interval, kappa, weighted_mean
from eval.judging.ppi import Labelled, corrected_mean
from eval.judging.review import Labels, Question, Said
from eval.tables import plain, shown, table

Judge = Callable[[Said], float]
"""A sentence to what is thought of it, in [0, 1]."""
_FEW = 30  # answers: with fewer, intervals that rest on the normal distribution are too narrow


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of two people."""

    n: int
    """Sentences that both labelled."""
    share: Estimate | None
    """Of which both said the same."""
    kappa: Estimate | None
    disagreed: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Reviewed:
    """One question that people were asked of sentences."""

    question: Question
    sentences: int
    """Of all answers of the run."""
    labelled: int
    """Of the answers of which every sentence has a label; only these count."""
    answers: int
    """So many."""
    partly: int
    """Answers of which some sentences have one."""
    agreement: Agreement | None
    """None where no sentence was labelled by two people."""
    alone: Estimate | None
    """The share of yes, by the labels alone."""
    judge: str = ""
    """Empty where none was given; then there are no figures of it."""
    judged: Estimate | None = None
    """The judge's own figure over all sentences."""
    corrected: Estimate | None = None
    """Over all sentences, by judge and labels together."""
    weight: float | None = None
    """Of the judge in it, in [0, 1]."""


def support_judge(judge: NamedJudge) -> tuple[Judge, str]:
    """Whether the cited sentences support it; without any, or without a verdict, not."""

    def judged(said: Said) -> float:
        score = judge.score(said.text, said.evidence) if said.evidence else None
        if score is None:
            return 0.0
        passes = score if judge.threshold is None else float(score >= judge.threshold)
        return min(1.0, max(0.0, passes))

    at = "" if judge.threshold is None else f" at {judge.threshold:g}"
    return judged, f"{judge.name}{at}"


def gold_judge(cases: Sequence[Case]) -> tuple[Judge, str]:
    """Whether it cites a gold sentence of its case: strict, as nobody marks every sentence."""
    golds = {case.id: case.gold for case in cases}

    def judged(said: Said) -> float:
        own = golds.get(said.case_id, ())
        return float(any(is_gold_sentence(one, gold) for one in said.citations for gold in own))

    return judged, "cites a gold sentence"


def reviewed(
    question: Question,
    said: Sequence[Said],
    people: Sequence[Labels],
    judge: tuple[Judge, str] | None = None,
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Reviewed:
    """What the labels of one or two people say about all sentences of a run.

    The figure of "answers" is answer relevance: the share of sentences that answer the question or
    a part of it, as people say. A sentence's label is the mean of what was said of it. That one
    without a citation is not supported is known beforehand, and no agreement.

    Args:
        question: Which of the two.
        said: All sentences of the run.
        people: Their labels.
        judge: Who says something of every sentence, and the name.
        seed: Of the bootstrap.
        resamples: Of the bootstrap.
    """
    labels = [one.said[question] for one in people]
    known = {one.id: fmean(own) for one in said if (own := _of(one.id, labels))}
    whole, partly = _whole(said, known)
    chosen = [one for one in said if one.case_id in whole]
    asked = [one for one in said if one.citations or question != "supported"]
    values = np.array([known[one.id] for one in chosen])
    groups = [one.case_id for one in chosen]
    alone = corrected_mean(Labelled(values, values, groups), np.array([]), (), weight=0.0)
    found = Reviewed(
        question=question,
        sentences=len(said),
        labelled=len(chosen),
        answers=len(whole),
        partly=partly,
        agreement=_agreement(asked, labels, seed=seed, resamples=resamples),
        alone=alone.estimate if alone else None,
    )
    if judge is None:
        return found
    judged, name = judge
    scores = {one.id: judged(one) for one in said}
    its_own = interval(
        weighted_mean(np.array([scores[one.id] for one in said])),
        [one.case_id for one in said],
        seed=seed,
        resamples=resamples,
    )
    return _corrected(replace(found, judge=name, judged=its_own), said, known, whole, scores)


def _corrected(
    found: Reviewed,
    said: Sequence[Said],
    known: Mapping[str, float],
    whole: Container[str],
    scores: Mapping[str, float],
) -> Reviewed:
    """With the judge's figure put right by the answers that are labelled as a whole."""
    chosen = [one for one in said if one.case_id in whole]
    others = [one for one in said if one.case_id not in whole]
    labelled = Labelled(
        np.array([known[one.id] for one in chosen]),
        np.array([scores[one.id] for one in chosen]),
        [one.case_id for one in chosen],
    )
    of_others = np.array([scores[one.id] for one in others])
    corrected = corrected_mean(labelled, of_others, [one.case_id for one in others])
    if corrected is None:
        return found
    return replace(found, corrected=corrected.estimate, weight=corrected.weight)


def _agreement(
    said: Sequence[Said], people: Sequence[Mapping[str, bool]], *, seed: int, resamples: int
) -> Agreement | None:
    both = [one for one in said if len(_of(one.id, people)) > 1]
    if not both:
        return None
    first, second = (np.array([float(by[one.id]) for one in both]) for by in people[:2])
    same, groups = (first == second).astype(np.float64), [one.case_id for one in both]
    return Agreement(
        n=len(both),
        share=interval(weighted_mean(same), groups, seed=seed, resamples=resamples),
        kappa=interval(kappa(first, second), groups, seed=seed, resamples=resamples),
        disagreed=tuple(one for one, equal in zip(both, same, strict=True) if not equal),
    )


def _of(id_: str, people: Sequence[Mapping[str, bool]]) -> list[bool]:
    return [labels[id_] for labels in people if id_ in labels]


def _whole(said: Sequence[Said], known: Mapping[str, float]) -> tuple[set[str], int]:
    """The answers of which every sentence has a label, and how many have some."""
    of_answer: dict[str, list[bool]] = {}
    for one in said:
        of_answer.setdefault(one.case_id, []).append(one.id in known)
    whole = {id_ for id_, has in of_answer.items() if all(has)}
    return whole, sum(any(has) for has in of_answer.values()) - len(whole)


def reviews_text(reviews: Sequence[Reviewed]) -> str:
    """A table for each question, and where two people did not agree."""
    return "\n\n".join([*map(_text, reviews), _NOTE])


def reviews_json(reviews: Sequence[Reviewed]) -> str:
    content = [
        asdict(replace(one, agreement=None)) | _agreed_json(one.agreement) for one in reviews
    ]
    return json.dumps({"schema": 1, "reviews": content}, indent=1, ensure_ascii=False) + "\n"


def _agreed_json(one: Agreement | None) -> dict[str, object]:
    if one is None:
        return {"agreement": None}
    figures = {
        name: asdict(found) if found else None
        for name, found in (("share", one.share), ("kappa", one.kappa))
    }
    return {"agreement": {"n": one.n, **figures, "disagreed": [said.id for said in one.disagreed]}}


_ASKED: dict[Question, str] = {
    "supported": "Support: do the cited sentences say all that the sentence says?",
    "answers": "Answer relevance: does the sentence answer the question, or a part of it?",
}
_NOTE = (
    "*Corrected* is prediction-powered inference (Angelopoulos et al., 2023): the judge's figure, "
    "put right by what people said of the same sentences; with a weight of 0 it is the labels "
    "alone. [low, high] is a 95 % interval by answer."
)


def _text(one: Reviewed) -> str:
    partly = f" ({one.partly:,} are in part)" if one.partly else ""
    lines = [
        f"## {_ASKED[one.question]}",
        f"{one.labelled:,} of {one.sentences:,} sentences count, of {one.answers:,} answers that"
        f" are labelled as a whole{partly}.",
    ]
    agreed = one.agreement
    if agreed:
        lines.append(
            f"Two people labelled {agreed.n:,}: they agree on {shown(agreed.share)}, κ"
            f" {shown(agreed.kappa)}."
        )
    rows = [["labels alone", shown(one.alone)]]
    if one.judge:
        rows += [
            [f"judge: {one.judge}", shown(one.judged)],
            [f"corrected (weight {one.weight or 0:.2f})", shown(one.corrected)],
        ]
    lines.append(table(["share of yes", "value [low, high]"], rows))
    if one.answers < _FEW:
        lines.append(f"With fewer than {_FEW} labelled answers the intervals are too narrow.")
    if agreed and agreed.disagreed:
        told = [f"- {plain(said.id)}: {plain(said.text)}" for said in agreed.disagreed]
        lines.append("\n".join(["Not agreed on:", "", *told]))
    return "\n\n".join(lines)
