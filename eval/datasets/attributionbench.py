"""AttributionBench: claims with references from seven sets in one form.

Li et al., 2024, https://arxiv.org/abs/2402.15089. Among its sources are ExpertQA and BEGIN.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import BaseModel

from eval.cases.jsonl import Text, read_lines
from eval.datasets.labelled import Family, Labelled, LeftOut, bare


class _Line(BaseModel):
    id: Text
    question: str = ""
    claim: str
    references: tuple[str, ...] = ()
    attribution_label: Literal["attributable", "not attributable"]
    src_dataset: str


def read_attributionbench(file: Path) -> Iterator[Labelled | LeftOut]:
    for _, line in read_lines(file, _Line):
        claim = bare(line.claim)
        references = tuple(one for one in line.references if one.strip())
        if not claim or not references:
            yield LeftOut("no claim" if not claim else "no text of the references")
            continue
        yield Labelled(
            id=line.id,
            claim=claim,
            evidence=references,
            label=float(line.attribution_label == "attributable"),
            group=line.question or line.id,
            question=line.question,
            slices=(("from", line.src_dataset),),
        )


ATTRIBUTIONBENCH = Family(
    name="attributionbench",
    title="AttributionBench",
    licence="Apache-2.0 as published; each source has its own",
    source="https://github.com/OSU-NLP-Group/AttributionBench",
    counts_as="“attributable”",
    files=("dev*.jsonl", "test*.jsonl"),
    read=read_attributionbench,
)
