"""The sets by name: their files found in a folder, read, and what was fitted on them said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from eval.datasets.attributionbench import ATTRIBUTIONBENCH
from eval.datasets.begin import BEGIN
from eval.datasets.expertqa import EXPERTQA
from eval.datasets.faithbench import FAITHBENCH
from eval.datasets.labelled import DataSet, Family, Labelled, LeftOut, ReadFile, without_overlaps
from eval.datasets.mtrag import MTRAG
from eval.datasets.qags import QAGS
from eval.datasets.wice import WICE
from eval.hashes import file_sha256
from eval.seen import fitted_on
from rag.errors import ConfigError, SourceError

FAMILIES = (WICE, EXPERTQA, ATTRIBUTIONBENCH, FAITHBENCH, BEGIN, QAGS, MTRAG)


def load_sets(names: Sequence[str], folder: Path) -> tuple[DataSet, ...]:
    """The sets in this order, each without what stands in one before it.

    Args:
        names: Of `FAMILIES`.
        folder: Holds the published files, or a folder of the set's name that does.

    Raises:
        ConfigError: There is no such set.
        SourceError: Its files are not there, cannot be read, or have another form.
    """
    known = {one.name: one for one in FAMILIES}
    if unknown := [name for name in names if name not in known]:
        raise ConfigError(
            f"There is no data set {unknown[0]!r}.", hint=f"Take some of {', '.join(known)}."
        )
    return without_overlaps([_load(known[name], folder) for name in dict.fromkeys(names)])


def _load(family: Family, folder: Path) -> DataSet:
    found = _files(family, folder)
    items: dict[str, Labelled] = {}
    left_out: Counter[str] = Counter()
    for file in found:
        for one in family.read(file):
            if isinstance(one, LeftOut):
                left_out[one.reason] += 1
            elif one.id in items:
                left_out["stands in the set twice"] += 1
            else:
                items[one.id] = one
    if not items:
        raise SourceError(
            f"{folder} holds nothing of {family.title} that could be graded.",
            hint=f"It reads {', '.join(family.files)} as {family.source} has them.",
        )
    read = tuple(ReadFile(file.name, file_sha256(file)) for file in found)
    return DataSet(
        family, read, tuple(items.values()), tuple(sorted(left_out.items())), _seen(family, read)
    )


def _files(family: Family, folder: Path) -> list[Path]:
    for place in (folder / family.name, folder):
        found = {file for pattern in family.files for file in place.rglob(pattern)}
        if found:
            return sorted(found)
    raise SourceError(
        f"{folder} has no file of {family.title}.",
        hint=f"Put {' or '.join(family.files)} there, from {family.source}.",
    )


def _seen(family: Family, read: Sequence[ReadFile]) -> str:
    if fitted := [file.name for file in read if file.sha256 in fitted_on()]:
        return f"weights and threshold were fitted on {', '.join(fitted)} itself"
    return f"weights and threshold were fitted on {family.fitted}" if family.fitted else ""
