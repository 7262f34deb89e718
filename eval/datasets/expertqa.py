"""ExpertQA: claims of generated answers, judged by experts of the question's field.

Malaviya et al., 2023, https://arxiv.org/abs/2309.07852. A line is a question with the answers of
several systems; each of their claims has `support` and `evidence`, passages behind a line
`[n] address`. Where evidence is an address alone, nobody can judge offline.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel

from eval.cases.gold import sentence_hash
from eval.cases.jsonl import Text, read_lines
from eval.datasets.labelled import Family, Labelled, LeftOut, bare

_ADDRESS = re.compile(r"^\s*(?:\[\d+\])?\s*(?:https?://\S+)?\s*")
_JUDGED = {"Complete": True, "Partial": False, "Incomplete": False, "Missing": False}


class _Claim(BaseModel):
    claim_string: str
    evidence: tuple[str, ...] = ()
    support: str | None = None


class _Answer(BaseModel):
    claims: tuple[_Claim, ...]


class _Line(BaseModel):
    question: Text
    answers: dict[str, _Answer]


def read_expertqa(file: Path) -> Iterator[Labelled | LeftOut]:
    for _, line in read_lines(file, _Line):
        for system, answer in line.answers.items():
            for place, claim in enumerate(answer.claims):
                yield _judged(line.question, system, place, claim)


def _judged(question: str, system: str, place: int, claim: _Claim) -> Labelled | LeftOut:
    label = _JUDGED.get(claim.support or "")
    said = bare(claim.claim_string)
    evidence = tuple(text for one in claim.evidence if (text := _ADDRESS.sub("", one).strip()))
    if label is None or not said:
        return LeftOut("nobody said whether it is supported" if said else "no claim")
    if not evidence:
        return LeftOut("no text of the evidence, at most its address")
    return Labelled(
        # A question stands in both published splits, so its number of line says nothing.
        id=f"{sentence_hash(question)}-{system}-{place}",
        claim=said,
        evidence=evidence,
        label=float(label),
        group=question,
        question=question,
        slices=(("system", system),),
    )


EXPERTQA = Family(
    name="expertqa",
    title="ExpertQA",
    licence="MIT",
    source="https://github.com/chaitanyamalaviya/ExpertQA",
    counts_as="support “Complete”; “Partial”, “Incomplete” and “Missing” are not",
    files=("r2_compiled_anon.jsonl", "rand_test.jsonl", "domain_test.jsonl"),
    read=read_expertqa,
)
