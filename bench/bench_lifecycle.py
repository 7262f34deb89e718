"""How long does it take to look after an index, and what does it weigh?

    python -m bench.bench_lifecycle [--index DIR] [--repeats N] [--json]

Every run works on a fresh copy of the index, in a process of its own that has imported what it
needs; a disk that others use as well is part of what is measured. Without an index: the sample's.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from bench.bench_ask import settings_for
from bench.figures import Spread, shown, spread, table
from bench.machine import this_machine
from bench.processes import in_own_process
from ingest.reembed import reembed
from rag.catalog.catalog import Catalog
from rag.catalog.files import require_whole
from rag.index.backup import backup, restore
from rag.index.forget import forget
from rag.index.health import repair
from rag.index.index import Index
from rag.settings import load_settings

_ARCHIVE = "copy.tar.gz"
_FOLDER = "copy"


@dataclass(frozen=True, slots=True)
class Measured:
    """What looking after an index took."""

    posts: int
    passages: int
    index_mb: float
    """Catalog and Chroma, before."""
    seconds: dict[str, Spread]
    """By what was done."""
    megabytes: dict[str, float]
    """Of what was made, on the disk."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--index", type=Path, help="else that of the sample site")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    machine = this_machine()
    measured = measure(settings_for(arguments.index).index, arguments.repeats)
    print(shown(machine, measured, text_of(measured), as_json=arguments.json))


def measure(index: Path, repeats: int) -> Measured:
    """Each kind of work in turn, so that all meet the same neighbours on the machine."""
    with closing(Index(index)) as opened:
        status, newest = opened.status(), opened.posts(1)[0].id
    seconds: dict[str, list[float]] = {}
    megabytes: dict[str, float] = {}
    for _ in range(repeats):
        with TemporaryDirectory(prefix=".pullquote-bench-", dir=index.absolute().parent) as name:
            place = Path(name)
            kinds: dict[str, tuple[Callable[..., object], tuple[object, ...]]] = {
                "checking the catalog": (_check, ()),
                "backup, archive": (backup, (place / _ARCHIVE,)),
                "backup, folder": (backup, (place / _FOLDER,)),
                "restore, from the archive": (_restore, (place / _ARCHIVE,)),
                "restore, from the folder": (_restore, (place / _FOLDER,)),
                "doctor --repair": (repair, ()),
                "forget": (forget, (newest,)),
                "reembed to `hash`, which is no model": (_reembed, ()),
            }
            for what, (work, more) in kinds.items():
                taken = in_own_process(_seconds, work, index, place / "index", *more)
                seconds.setdefault(what, []).append(taken)
                if what == "forget":
                    megabytes["index after forgetting a post"] = _megabytes(place / "index")
            megabytes |= {
                "backup, archive": _megabytes(place / _ARCHIVE),
                "backup, folder": _megabytes(place / _FOLDER),
            }
    return Measured(
        posts=status.posts,
        passages=status.passages,
        index_mb=_megabytes(index),
        seconds={what: spread(taken) for what, taken in seconds.items()},
        megabytes=megabytes,
    )


def text_of(measured: Measured) -> str:
    rows = [[what, taken.text(2)] for what, taken in measured.seconds.items()]
    n = len(next(iter(measured.seconds.values())).values)
    sizes = {"index": measured.index_mb, **measured.megabytes}
    return (
        f"{measured.posts:,} posts, {measured.passages:,} passages.\n\n"
        + table([f"Work (n {n})", "s, median [lowest, highest]"], rows)
        + "\n\n"
        + table(["On the disk", "MB"], [[what, f"{mb:.1f}"] for what, mb in sizes.items()])
    )


def _seconds(work: Callable[..., object], index: Path, copy: Path, *more: object) -> float:
    """Of the work alone, on a fresh copy of the index."""
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(index, copy)
    started = perf_counter()
    work(copy, *more)
    return perf_counter() - started


def _check(folder: Path) -> None:
    with closing(Catalog(folder)) as catalog:
        require_whole(catalog)


def _restore(folder: Path, source: Path) -> None:
    restore(source, folder.with_name("restored"))
    shutil.rmtree(folder.with_name("restored"))


def _reembed(folder: Path) -> None:
    reembed(load_settings(index=folder, embedding_model="hash"))


def _megabytes(place: Path) -> float:
    files = [place] if place.is_file() else [file for file in place.rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files) / 1e6


if __name__ == "__main__":
    main()
