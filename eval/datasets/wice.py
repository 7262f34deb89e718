"""WiCE: claims of Wikipedia against the whole web article that they cite.

Kamoi et al., 2023, https://arxiv.org/abs/2303.01432. A line has `claim`, `label`, `evidence` (the
article's sentences) and `meta`; which sentences people marked is not looked at, so that every judge
has to find them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import BaseModel

from eval.cases.jsonl import Text, read_lines
from eval.datasets.labelled import Family, Labelled, LeftOut

_Label = Literal["supported", "partially_supported", "not_supported"]


class _Meta(BaseModel):
    id: str
    claim_title: str = ""


class _Line(BaseModel):
    claim: Text
    label: _Label
    evidence: tuple[str, ...]
    meta: _Meta


def read_wice(file: Path) -> Iterator[Labelled | LeftOut]:
    for _, line in read_lines(file, _Line):
        evidence = tuple(one for one in line.evidence if one.strip())
        if not evidence:
            yield LeftOut("no evidence")
            continue
        supported = line.label == "supported"
        against = ("partially_supported", "not_supported") if supported else (line.label,)
        yield Labelled(
            id=line.meta.id,
            claim=line.claim,
            evidence=evidence,
            label=float(supported),
            group=line.meta.claim_title or line.meta.id,
            slices=tuple(("supported against", one) for one in against),
        )


WICE = Family(
    name="wice",
    title="WiCE",
    licence="ODC-BY (annotations); CC BY-SA and Common Crawl's terms (texts)",
    source="https://github.com/ryokamoi/wice",
    counts_as="“supported”; “partially_supported” and “not_supported” are not",
    files=("claim_dev.jsonl", "claim_test.jsonl"),
    read=read_wice,
    fitted="its development part",
)
