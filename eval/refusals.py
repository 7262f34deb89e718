"""Does it answer what the posts answer, and refuse the rest? On published sets and one's own.

    python -m eval.refusals --clapnq FOLDER --mtrag FILE
    python -m eval.refusals --index INDEX --cases CASES.jsonl

For each set the area under the curve of the product's own score, how often it answers without an
answer and refuses with one at the threshold in use, and the risk-coverage curve: of the questions
that score highest, the share without an answer. Beside it a floor that needs no model: the share of
the question's words that the best passage holds. The published sets have passages and no posts, so
each passage becomes a post of its own, in an index that is thrown away.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from eval.abstention import ANSWERABLE, REFUSED, SCORE, auroc, risk_coverage_area
from eval.bootstrap import Estimate, Floats, Rows, estimate, mean, of_share
from eval.cases.cases import load_cases
from eval.failing import why_failed
from eval.grade import Failure
from eval.hashes import made_with_text
from eval.seen import clapnq_seen, fitted_files, is_graded, parts_of, seen_text
from eval.small_index import SmallPost, SmallSection, small_assistant
from eval.tables import failures_text, seen_note, shown, table
from rag.assistant import Assistant
from rag.settings import load_settings
from rag.text.sentences import question_words
from rag.types import Turn

COVERAGES = (0.1, 0.25, 0.5, 0.75, 1.0)
_PARTS = ("answerable", "unanswerable")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and whether the posts answer it."""

    id: str
    question: str
    answerable: bool
    history: tuple[Turn, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """What came of a set, in the columns of `eval.abstention`."""

    name: str
    ours: Rows
    floor: Rows
    failed: tuple[Failure, ...] = ()
    """Questions that came to nothing: the worst of what they could have been."""
    seen: str = ""
    """What of ours was fitted on this family of data; empty: nothing."""


def main(given: Sequence[str] | None = None) -> None:
    arguments = _arguments(given)
    settings = load_settings(index=arguments.index)
    told = []
    with ExitStack() as stack:
        for name, path, read, family in (
            ("CLAPNQ", arguments.clapnq, read_clapnq, clapnq_seen()),
            ("MTRAG-UN", arguments.mtrag, read_mtrag, ()),
        ):
            if path:
                passages, asked = read(path)
                assistant = stack.enter_context(small_assistant(passages, settings))
                seen = seen_text(family, parts_of(assistant))
                told.append(ask(name, asked, assistant, seen=seen))
        if arguments.cases:
            assistant = stack.enter_context(Assistant(settings))
        for file in arguments.cases:
            cases = [Asked(c.id, c.question, c.answerable, c.history) for c in load_cases(file)]
            seen = seen_text(fitted_files([file]), parts_of(assistant))
            told.append(ask(file.name, cases, assistant, seen=seen))
        files = sorted(arguments.clapnq.glob("clapnq_dev_*.jsonl")) if arguments.clapnq else []
        files += [*([arguments.mtrag] if arguments.mtrag else []), *arguments.cases]
        index = assistant.index if arguments.cases else None
        print(f"{report(told)}\n\n{made_with_text(files, settings, index=index)}")


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clapnq", type=Path, help="its folder with both development files")
    parser.add_argument("--mtrag", type=Path, help="a file of MTRAG-UN")
    parser.add_argument("--index", type=Path, help="an index of the posts that --cases asks about")
    parser.add_argument("--cases", type=Path, nargs="+", default=[], help="files of your own")
    arguments = parser.parse_args(given)
    if arguments.index and not arguments.cases:
        parser.error("--index is for --cases FILE, the questions about its posts")
    # Without a set there is nothing to measure, and a table without rows would look like a result.
    if not (arguments.clapnq or arguments.mtrag or arguments.cases):
        parser.error(
            "nothing to ask: name --clapnq FOLDER, --mtrag FILE or --cases FILE with --index INDEX"
        )
    parts = [f"clapnq_dev_{part}.jsonl" for part in _PARTS] if arguments.clapnq else []
    files = [arguments.clapnq / name for name in parts]
    files += [*([arguments.mtrag] if arguments.mtrag else []), *arguments.cases]
    if missing := next((file for file in files if not file.is_file()), None):
        parser.error(f"{missing} is no file")
    return arguments


def read_clapnq(folder: Path) -> tuple[list[SmallPost], list[Asked]]:
    """All passages of both parts as posts, and the questions that the reader is not trained on."""
    posts, asked = [], []
    for part in _PARTS:
        for entry in _lines(folder / f"clapnq_dev_{part}.jsonl"):
            passage = entry["passages"][0]
            text = " ".join(passage["sentences"])
            posts.append(SmallPost(passage["title"], (SmallSection("", text),)))
            if is_graded(str(entry["id"])):
                asked.append(Asked(str(entry["id"]), entry["input"], part == "answerable"))
    return posts, asked


def read_mtrag(file: Path) -> tuple[list[SmallPost], list[Asked]]:
    """The passages of all tasks as posts; tasks that are answerable or not, and none between."""
    texts: dict[str, str] = {}
    asked = []
    for entry in _lines(file):
        texts |= {one["document_id"]: one["text"] for one in entry["contexts"]}
        label = entry["answerability"][0]
        if label not in ("ANSWERABLE", "UNANSWERABLE"):
            continue
        *before, last = entry["input"]
        id_ = str(entry["task_id"])
        asked.append(Asked(id_, last["text"], label == "ANSWERABLE", _turns(before)))
    posts = [SmallPost("", (SmallSection("", text),)) for text in texts.values() if text.strip()]
    return posts, asked


def ask(name: str, asked: Sequence[Asked], assistant: Assistant, *, seen: str = "") -> Told:
    """Ask every question of a set.

    One that fails counts as the worst, as in `eval.grade`: refused where there is an answer, let
    through where there is none.

    Raises:
        PullquoteError: Every question would fail alike: the index is damaged, and the like.
    """
    ours, floor, failed = [], [], []
    for one in asked:
        try:
            refused, score, share = _looked(one, assistant)
        except Exception as error:  # it counts, and is told
            failed.append(Failure(one.id, why_failed(error, one.id)))
            refused, score = one.answerable, float(not one.answerable)
            share = score
        ours.append((one.answerable, refused, score))
        # The floor has no threshold of its own: only its order of questions counts.
        floor.append((one.answerable, False, share))
    as_rows = [np.asarray(some, dtype=np.float64) for some in (ours, floor)]
    row = f"{name}, seen family" if seen else name
    return Told(row, as_rows[0], as_rows[1], tuple(failed), seen)


def _looked(one: Asked, assistant: Assistant) -> tuple[bool, float, float]:
    """Whether it is refused, the score that decides, and the share of its words in a passage."""
    query = assistant.understand(one.question, history=one.history, recognise=False)
    found = assistant.retrieve(query)
    refused = not found.hits or found.answerable < assistant.pipeline.min_answerable
    shares = (covered(query.standalone, hit.passage.text) for hit in found.hits)
    return refused, found.answerable, max(shares, default=0.0)


def covered(question: str, text: str) -> float:
    """Share of the question's words, without stop words, that a text holds."""
    words = question_words(question)
    held = set(question_words(text))
    return sum(word in held for word in words) / len(words) if words else 0.0


def risk_at(coverage: float, rows: Rows) -> Floats:
    """Share without an answer among the part of the questions that scores highest; shape (…).

    Where some of several questions of one score belong to it, they count as in a mean over all
    their orders: that of the file may have those with an answer first.
    """
    scores, wrong = rows[..., SCORE], 1 - rows[..., ANSWERABLE]
    n = _answered(coverage, rows.shape[-2])
    least = np.sort(scores, axis=-1)[..., -n, None]
    above, even = scores > least, scores == least
    left = n - above.sum(axis=-1)
    share = (wrong * even).sum(axis=-1) / even.sum(axis=-1)
    return np.asarray(((wrong * above).sum(axis=-1) + left * share) / n)


def _risk(coverage: float, rows: Rows) -> Estimate | None:
    found = estimate(rows, partial(risk_at, coverage))
    return of_share(found, _answered(coverage, len(rows))) if found else None


def _answered(coverage: float, n: int) -> int:
    return max(1, round(coverage * n))


def report(told: Sequence[Told]) -> str:
    """Both tables, as Markdown, and what else there is to know of a set."""
    figures = [
        [
            one.name,
            str(int((one.ours[:, ANSWERABLE] > 0).sum())),
            str(int((one.ours[:, ANSWERABLE] == 0).sum())),
            shown(estimate(one.ours, auroc)),
            shown(estimate(one.floor, auroc)),
            shown(estimate(one.ours, risk_coverage_area)),
            shown(estimate(1 - one.ours[one.ours[:, ANSWERABLE] == 0, REFUSED:SCORE], mean)),
            shown(estimate(one.ours[one.ours[:, ANSWERABLE] > 0, REFUSED:SCORE], mean)),
        ]
        for one in told
    ]
    names = [
        "set", "answerable", "not", "AUROC", "AUROC, words alone", "risk-coverage area",
        "answered without an answer", "refused with one",
    ]  # fmt: skip
    curve = []
    for one in told:
        for name, rows in ((one.name, one.ours), (f"{one.name}, words alone", one.floor)):
            curve.append([name, *(shown(_risk(part, rows)) for part in COVERAGES)])
    parts = ["risk at coverage", *(f"{part:.2f}" for part in COVERAGES)]
    parts_told = [table(names, figures), table(parts, curve)]
    parts_told += [f"{one.name}: {seen_note(one.seen)}" for one in told if one.seen]
    parts_told += [failures_text(one.name, one.failed) for one in told if one.failed]
    return "\n\n".join(parts_told)


def _turns(messages: Sequence[dict[str, Any]]) -> tuple[Turn, ...]:
    found: list[Turn] = []
    for one in messages:
        if one["speaker"] == "user":
            found.append(Turn(one["text"]))
        elif found:
            found[-1] = Turn(found[-1].question, one["text"])
    return tuple(found)


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    with file.open(encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines)


if __name__ == "__main__":
    main()
