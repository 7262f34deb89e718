"""BEGIN: turns of dialogue systems, against the knowledge that they were given.

Dziri et al., 2022, https://arxiv.org/abs/2105.00071. Tab-separated, without quoting: a quotation
mark in a field is part of the text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from eval.datasets.labelled import Family, Labelled, LeftOut
from rag.errors import SourceError

_COLUMNS = ("model_name", "data_source", "knowledge", "message", "response", "begin_label")
_LABELS = {"fully attributable": True, "not fully attributable": False}
_GENERIC = "generic"


def read_begin(file: Path) -> Iterator[Labelled | LeftOut]:
    try:
        head, *lines = file.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{file} cannot be read: {error}.", hint="Look at the file.") from error
    names = [name.strip() for name in head.split("\t")]
    if missing := [name for name in _COLUMNS if name not in names]:
        raise SourceError(
            f"{file} has no column {missing[0]!r}.",
            hint=f"Its first line names tab-separated columns: {', '.join(_COLUMNS)}.",
        )
    for line in lines:
        if line.strip():
            yield _judged(dict(zip(names, line.rstrip("\r").split("\t"), strict=False)), len(names))


def _judged(row: dict[str, str], columns: int) -> Labelled | LeftOut:
    if len(row) != columns:
        return LeftOut("a torn line")
    label = row["begin_label"].strip().casefold()
    if label == _GENERIC:
        return LeftOut("generic: it says nothing that could be checked")
    if label not in _LABELS:
        return LeftOut(f"an unknown label, {row['begin_label']!r}")
    knowledge, response = row["knowledge"].strip(), row["response"].strip()
    if not knowledge or not response:
        return LeftOut("no knowledge or no response")
    said = "\t".join(row[name] for name in _COLUMNS)
    return Labelled(
        id=hashlib.sha256(said.encode()).hexdigest()[:16],
        claim=response,
        evidence=(knowledge,),
        label=float(_LABELS[label]),
        group=knowledge,
        question=row["message"].strip(),
        slices=(("from", row["data_source"]), ("system", row["model_name"])),
    )


BEGIN = Family(
    name="begin",
    title="BEGIN",
    licence="of its sources, in the folder of each (Wizard of Wikipedia, CMU DoG, Topical Chat)",
    source="https://github.com/google/BEGIN-dataset",
    counts_as="“Fully attributable”; “Not fully attributable” is not; “Generic” is left out",
    files=("begin_dev_*.tsv", "begin_test_*.tsv"),
    read=read_begin,
)
