"""How long does a sync with a live site take?

    python -m bench.bench_site ADDRESS [--repeats N] [--private] [--json]

The first sync, syncs that find nothing changed, and syncs that fetch every post again, each in a
process of its own that has imported what it needs; the site answers as quickly as it does.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.figures import Spread, shown, spread, table
from bench.machine import this_machine
from bench.processes import in_own_process
from ingest.report import Report
from ingest.sync import Options, sync
from rag.settings import load_settings


@dataclass(frozen=True, slots=True)
class Measured:
    """What syncs of a site took."""

    posts: int
    passages: int
    first: float
    """Seconds; with loading the embedding model and embedding everything."""
    unchanged: Spread
    """Seconds of syncs that found nothing changed."""
    full: Spread
    """Seconds of syncs that fetched every post again and found nothing changed."""
    pages: str
    """Of the sample after the first sync: where the quoted words and the ids stand."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("site", help="such as https://example.org")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--private", action="store_true", help="the site is in the own network")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    machine = this_machine()
    measured = measure(arguments.site, arguments.repeats, private=arguments.private)
    print(shown(machine, measured, text_of(measured), as_json=arguments.json))


def measure(site: str, repeats: int, *, private: bool = False) -> Measured:
    with TemporaryDirectory(prefix="pullquote-bench-") as name:
        index = Path(name) / "index"

        def run(*, full: bool = False) -> Report:
            return in_own_process(_sync, site, index, private, full)

        first = run()
        unchanged = [run() for _ in range(repeats)]
        full = [run(full=True) for _ in range(repeats)]
    changed = [one for one in (*unchanged, *full) if one.added or one.changed or one.removed]
    if changed:
        raise RuntimeError("The site changed while it was measured.")
    pages = first.pages
    return Measured(
        posts=first.posts,
        passages=first.passages,
        first=first.seconds,
        unchanged=spread([one.seconds for one in unchanged]),
        full=spread([one.seconds for one in full]),
        pages=f"words {pages.quotes_found} of {pages.quotes}, ids {pages.anchors_found} of "
        f"{pages.anchors}",
    )


def text_of(measured: Measured) -> str:
    n = len(measured.unchanged.values)
    rows = [
        ["first, with embedding", f"{measured.first:.1f}"],
        [f"nothing changed (n {n})", measured.unchanged.text(2)],
        [f"every post fetched again, none changed (n {n})", measured.full.text(2)],
    ]
    return (
        f"{measured.posts:,} posts, {measured.passages:,} passages. A sample of pages, looked at "
        f"after the first sync, has {measured.pages}.\n\n"
        + table(["Sync", "s, median [lowest, highest]"], rows)
    )


def _sync(site: str, index: Path, private: bool, full: bool) -> Report:
    settings = load_settings(index=index, allow_private_network=private or None)
    return sync([site], settings, options=Options(full=full))


if __name__ == "__main__":
    main()
