"""Citations where nobody has marked what answers: ALCE's recall and precision, by a named judge.

ALCE (Gao et al., 2023, https://arxiv.org/abs/2305.14627, section 3) with φ(E, s) = 1 where the
judge passes sentence s with evidence E, else 0:

* recall of a sentence s with citations C: φ(C, s); 0 without a citation;
* precision of a citation c of s: 0 where s has recall 0, or where c alone does not support s and
  the others without it do: φ({c}, s) = 0 and φ(C - {c}, s) = 1; else 1.

An answer's recall is the mean over its sentences, its precision the mean over its citations (0
without any), and the figures are means over the answers that say something. ALCE has a model of
natural language inference for φ; here it is whoever is named, and the figures are as right as that
judge is. They are estimates, have names of their own and stand in no table with figures of gold.

Who has filtered the answers cannot grade them: each sentence that is left passed that judge, so its
recall is 1 whatever it is worth.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean

import numpy as np

from eval.bootstrap import RESAMPLES, Estimate, estimate, mean
from eval.judging.by_name import NamedJudge
from eval.judging.review import Said
from eval.tables import plain, shown, table
from rag.errors import ConfigError
from rag.record import AnswerRecord

Entails = Callable[[str, Sequence[str]], bool]
"""Whether a judge passes a sentence with at least one sentence of evidence."""


@dataclass(frozen=True, slots=True)
class JudgedSentence:
    """A sentence of an answer, as the judge sees it."""

    recall: bool
    precise: int
    """Of its citations, those that ALCE counts as precise."""
    citations: int


@dataclass(frozen=True, slots=True)
class JudgedCitations:
    """What a judge makes of a run's citations."""

    judge: str
    threshold: float
    answers: int
    sentences: int
    """Of them; without those that rest on a post's record, which cite no sentence."""
    verbatim: int
    """Sentences that say what one of their citations says, word for word: of course it supports
    them."""
    recall: Estimate | None
    precision: Estimate | None
    by_its_writer: bool
    """The judge is the model that wrote the answers, and may believe itself."""


def check_apart(judge: NamedJudge, records: Sequence[AnswerRecord]) -> None:
    """Refuse a judge that the answers were filtered with.

    Raises:
        ConfigError: It was.
    """
    filtered_by = {one.provenance.judge for one in records} - {""}
    if judge.checks_as and judge.checks_as in filtered_by:
        raise ConfigError(
            f"The judge {judge.name!r} filtered these answers, so it passes all of them.",
            hint="Name another one: words, meaning, chat or a function of yours.",
        )


def judged_citations(
    records: Sequence[AnswerRecord],
    said: Sequence[Said],
    judge: NamedJudge,
    *,
    threshold: float,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> JudgedCitations:
    """ALCE's two figures over answers.

    Args:
        records: The answers.
        said: All their sentences.
        judge: Who says whether citations support a sentence; without a verdict they do not.
        threshold: The score from which on it passes one.
        seed: Of the bootstrap, which draws answers.
        resamples: Of the bootstrap.

    Raises:
        ConfigError: The judge filtered the answers.
    """
    check_apart(judge, records)

    def entails(claim: str, evidence: Sequence[str]) -> bool:
        score = judge.score(claim, evidence)
        return score is not None and score >= threshold

    of_answer: dict[str, list[JudgedSentence]] = {}
    asked = [one for one in said if one.evidence or not one.citations]
    for one in asked:
        found = judged_sentence(one.text, one.evidence, entails)
        of_answer.setdefault(one.case_id, []).append(found)
    rows = np.array([_of_answer(own) for own in of_answer.values()], float).reshape(-1, 2)
    recall, precision = (
        estimate(rows[:, [column]], mean, seed=seed, resamples=resamples) for column in (0, 1)
    )
    writers = {one.provenance.writer for one in records}
    return JudgedCitations(
        judge=judge.name,
        threshold=threshold,
        answers=len(of_answer),
        sentences=len(asked),
        verbatim=sum(_plain(one.text) in map(_plain, one.evidence) for one in asked),
        recall=recall,
        precision=precision,
        by_its_writer=bool(judge.writes_as) and judge.writes_as in writers,
    )


def judged_sentence(text: str, evidence: Sequence[str], entails: Entails) -> JudgedSentence:
    """One sentence by ALCE's rules.

    Args:
        text: What it says.
        evidence: The sentences that it cites, each once.
        entails: The judge.
    """
    if not evidence or not entails(text, evidence):
        return JudgedSentence(recall=False, precise=0, citations=len(evidence))
    if len(evidence) == 1:
        return JudgedSentence(recall=True, precise=1, citations=1)
    precise = 0
    for place, one in enumerate(evidence):
        others = [*evidence[:place], *evidence[place + 1 :]]
        precise += entails(text, [one]) or not entails(text, others)
    return JudgedSentence(recall=True, precise=precise, citations=len(evidence))


def _of_answer(sentences: Sequence[JudgedSentence]) -> tuple[float, float]:
    citations = sum(one.citations for one in sentences)
    precise = sum(one.precise for one in sentences)
    return fmean(one.recall for one in sentences), precise / citations if citations else 0.0


def _plain(text: str) -> str:
    return " ".join(text.split())


def judged_text(found: JudgedCitations) -> str:
    """A table of its own, with who judged."""
    rows = [
        ["estimated citation recall", shown(found.recall)],
        ["estimated citation precision", shown(found.precision)],
    ]
    lines = [
        f"## Citations, as judged by {plain(found.judge)} at {found.threshold:g}",
        "An estimate: no person has marked what answers, and the figures are as right as this judge"
        " is. They do not compare with figures of gold.",
        table(["figure (ALCE)", "value [low, high]"], rows),
        f"{found.sentences:,} sentences of {found.answers:,} answers; {found.verbatim:,} of them"
        " are quoted word for word, which says nothing of a judge. [low, high] is a 95 % interval"
        " by answer.",
    ]
    if found.by_its_writer:
        lines.append("The judge is the model that wrote the answers, and may believe itself.")
    return "\n\n".join(lines)


def judged_json(found: JudgedCitations) -> str:
    content = {"schema": 1, "estimated": True} | asdict(found)
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"
