"""FaithBench: summaries over which detectors disagreed, judged by people span by span.

Bao et al., 2025, https://aclanthology.org/2025.naacl-short.38/. The items were chosen because five
detectors split on them, so figures near chance are part of the design.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel

from eval.datasets.json_file import read_json
from eval.datasets.labelled import Family, Labelled, LeftOut

_WORST_FIRST = ("Unwanted", "Questionable", "Benign")


class _Annotation(BaseModel):
    label: tuple[str, ...]


class _Metadata(BaseModel):
    summarizer: str = ""


class _Sample(BaseModel):
    sample_id: int
    source: str
    summary: str
    annotations: tuple[_Annotation, ...] = ()
    metadata: _Metadata = _Metadata()


class _Batch(BaseModel):
    samples: tuple[_Sample, ...]


def read_faithbench(file: Path) -> Iterator[Labelled | LeftOut]:
    for sample in read_json(file, _Batch).samples:
        if not sample.source.strip() or not sample.summary.strip():
            yield LeftOut("no source or no summary")
            continue
        worst = _worst(sample)
        yield Labelled(
            id=f"{file.stem}-{sample.sample_id}",
            claim=sample.summary.strip(),
            evidence=(sample.source,),
            label=float(worst != "Unwanted"),
            group=sample.source,
            slices=(("summarizer", sample.metadata.summarizer or "not named"),),
        )


def _worst(sample: _Sample) -> str:
    """The worst that anybody marked: "Unwanted.Intrinsic" is a kind of "Unwanted"."""
    marked = {label.partition(".")[0] for one in sample.annotations for label in one.label}
    return next((label for label in _WORST_FIRST if label in marked), "clean")


FAITHBENCH = Family(
    name="faithbench",
    title="FaithBench",
    licence="none is named in its repository: for your own measurements only",
    source="https://github.com/vectara/FaithBench",
    counts_as="nobody marked anything “Unwanted”",
    files=("batch_*.json",),
    read=read_faithbench,
)
