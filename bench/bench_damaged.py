"""How much of damaged files is read, of what is still in them?

    python -m bench.bench_damaged [FOLDER --truth SOURCE] [--json]

The folder's index.json names files and the true posts: {"files": [{"file", "mode", "truth_id"}]}.
Without a folder, the bundled sample is damaged in every way that `bench.damage` knows. A heading is
right when its level and text are; it is still in a file whose text ends in it and its closing tag.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import unescape as unescape_html
from importlib.resources import files
from pathlib import Path
from time import perf_counter

from bench.damage import damaged
from bench.figures import Spread, shown, spread, table
from bench.machine import this_machine
from ingest.files.retag import unescape
from ingest.html.items import Heading
from ingest.html.letters import decode, reread
from ingest.html.text import items
from ingest.posts.wordpress_post import RawPost, ReadPost
from ingest.read import read_source
from rag.errors import SourceError

_TAG = re.compile(r"</?(?!h[1-6]>)[a-zA-Z][^<>]*>")
_CLOSING = re.compile(r"\s*(</h[1-6]>)")
FACTS = ("id", "link", "published", "modified", "title")
_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Case:
    """A damaged file and the post that it was."""

    name: str
    way: str
    path: Path
    truth: RawPost


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was read of one file. Each of `FACTS` and each heading counts once."""

    name: str
    way: str
    posts: int
    true: dict[str, int]
    """By what is counted: how many the true post has."""
    left: dict[str, int]
    """Of them, those that are still in the file."""
    right: dict[str, int]
    """Of them, those that were read right."""


@dataclass(frozen=True, slots=True)
class Measured:
    """All files, and how quick they were read."""

    outcomes: tuple[Outcome, ...]
    bytes: int
    bytes_per_second: Spread


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--truth", help="the undamaged posts, as `pullquote ingest` takes them")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    if (arguments.folder is None) != (arguments.truth is None):
        parser.error("a folder needs --truth, and --truth a folder")
    machine = this_machine()
    with tempfile.TemporaryDirectory() as folder:
        if arguments.folder:
            cases = cases_of(arguments.folder, arguments.truth)
        else:
            cases = own_cases(Path(folder))
        measured = measure(cases)
    print(shown(machine, measured, text_of(measured), as_json=arguments.json))


def cases_of(folder: Path, truth: str) -> list[Case]:
    """The files that a folder's index names."""
    true = {raw.wordpress_id: raw for raw in _posts(truth)}
    named = json.loads((folder / "index.json").read_text(encoding="utf-8"))["files"]
    return [
        Case(one["file"], one["mode"].partition(" at ")[0], folder / one["file"], post)
        for one in named
        if (post := true.get(one["truth_id"]))
    ]


def own_cases(folder: Path, source: Path | None = None) -> list[Case]:
    """Damaged copies of the posts of an answer, by default the bundled sample, in a folder."""
    source = source or Path(str(files("ingest.sample") / "posts.json"))
    true = {raw.wordpress_id: raw for raw in _posts(str(source))}
    entries = [
        entry for entry in json.loads(source.read_text(encoding="utf-8")) if entry["id"] in true
    ]
    cases = []
    for number, (way, entry, data) in enumerate(damaged(entries)):
        path = folder / f"{number:04}.txt"
        path.write_bytes(data)
        cases.append(Case(path.name, way, path, true[entry["id"]]))
    return cases


def _posts(source: str) -> list[RawPost]:
    return [found.raw for found in read_source(source) if isinstance(found, ReadPost)]


def measure(cases: Sequence[Case]) -> Measured:
    """Read every file, and all of them a few times more against the clock."""
    outcomes = tuple(_outcome(case) for case in cases)
    size = sum(case.path.stat().st_size for case in cases)
    rates = []
    for _ in range(_ROUNDS):
        started = perf_counter()
        for case in cases:
            _read(case.path)
        rates.append(size / (perf_counter() - started))
    return Measured(outcomes, size, spread(rates))


def _read(path: Path) -> list[RawPost]:
    try:
        return _posts(str(path))
    except SourceError:
        return []


def _outcome(case: Case) -> Outcome:
    found = _read(case.path)
    facts = _facts(found[0]) if found else dict.fromkeys(FACTS)
    headings = Counter(_headings(found[0]) if found else [])
    true, true_headings = _facts(case.truth), Counter(_headings(case.truth))
    text = case.path.read_bytes()
    left = _left(case.truth, text)
    still = _still_there(true_headings, text)
    return Outcome(
        case.name,
        case.way,
        len(found),
        true={**{name: int(bool(true[name])) for name in FACTS}, "heading": true_headings.total()},
        left={**left, "heading": still.total()},
        right={
            **{name: int(left[name] and facts[name] == true[name]) for name in FACTS},
            "heading": (headings & still).total(),
        },
    )


def _facts(raw: RawPost) -> dict[str, object]:
    post = raw.post
    values = (raw.wordpress_id, post.url, post.published, post.modified, post.title)
    return dict(zip(FACTS, values, strict=True))


def _headings(raw: RawPost) -> list[tuple[int, str]]:
    found = items(raw.html)
    return [(one.level, one.text) for one in found if isinstance(one, Heading) and one.level < 7]


def _left(true: RawPost, data: bytes) -> dict[str, int]:
    """Which facts still stand in a file, each with the mark that ends it."""
    text = _text(data)
    post = true.post
    wanted = {
        "id": f'"id":{true.wordpress_id},',
        "link": f'"link":"{post.url}"',
        "published": f'"date_gmt":"{post.published:%Y-%m-%dT%H:%M:%S}"' if post.published else "",
        "modified": f'"modified_gmt":"{post.modified:%Y-%m-%dT%H:%M:%S}"' if post.modified else "",
        "title": _flat(post.title),
    }
    flat = "\0".join(_flat_texts(data))
    return {
        name: int(bool(value) and (value in text or _flat(value) in flat))
        for name, value in wanted.items()
    }


def _still_there(headings: Counter[tuple[int, str]], data: bytes) -> Counter[tuple[int, str]]:
    """Those whose text a file has right before their closing tag."""
    texts = _flat_texts(data)
    return Counter(
        {
            (level, words): min(
                count, max(text.count(_flat(f"{words}</h{level}>")) for text in texts)
            )
            for (level, words), count in headings.items()
        }
    )


def _flat_texts(data: bytes) -> tuple[str, str]:
    """A file's text, with its references and with the letters that they stand for."""
    text = _text(data)
    return _flat(text), _flat(unescape_html(text))


def _text(data: bytes) -> str:
    """Of a file, in the letters that were meant, without the escapes of JSON or of a page."""
    text = decode(data)
    text = reread(text) or text
    return unescape(unescape_html(text) if text.startswith("<") else text)


def _flat(text: str) -> str:
    text = _CLOSING.sub(r"\1", " ".join(_TAG.sub("", text).split()))
    return text.replace(" ", "").replace("\u00ad", "")


def text_of(measured: Measured) -> str:
    """What was read, by what is counted and by way of damage: two tables."""
    outcomes = measured.outcomes
    read = sum(one.posts == 1 for one in outcomes)
    counted = [[name, *_shares(outcomes, [name])] for name in (*FACTS, "heading")]
    ways = dict.fromkeys(one.way for one in outcomes)
    by_way = [
        [way, f"{len(own)}", f"{sum(one.posts == 1 for one in own)}", *_shares(own, ["heading"])]
        for way in ways
        if (own := [one for one in outcomes if one.way == way])
    ]
    columns = ["true", "still in the file", "right", "of what is there"]
    rate = measured.bytes_per_second
    return (
        f"{len(outcomes):,} files, {measured.bytes:,} bytes; of {read:,} one post was read. "
        f"{Spread(tuple(v / 1e6 for v in rate.values)).text(2)} MB a second (n {_ROUNDS}).\n\n"
        f"{table(['Read', *columns], counted)}\n\n"
        f"{table(['Headings by damage', 'files', 'one post', *columns], by_way)}"
    )


def _shares(outcomes: Iterable[Outcome], names: Sequence[str]) -> list[str]:
    true = left = right = 0
    for one in outcomes:
        true += sum(one.true[name] for name in names)
        left += sum(one.left[name] for name in names)
        right += sum(one.right[name] for name in names)
    return [f"{true:,}", f"{left:,}", f"{right:,}", f"{right / left:.3f}" if left else "–"]


if __name__ == "__main__":
    main()
