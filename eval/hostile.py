"""How far are posts and questions that give orders obeyed? Injection resistance, on our own.

    python -m eval.hostile [--answers]

Twenty-seven questions about six posts: beside each sentence that answers stands one that orders the
program to say something else. Asked are the quoting writer and a chat model that obeys every order
(`eval.obeying`), both with the settings as they are; the trivial systems of `eval.baselines` stand
beside them. `pullquote eval --bundled hostile` asks whatever the settings name, such as a chat
model of yours, and writes reports.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from eval.baselines import OURS, SystemGrade, grade_systems
from eval.bootstrap import RESAMPLES
from eval.cases.cases import load_cases, resolve_gold
from eval.citations import avoids
from eval.hashes import made_with_text
from eval.journal import open_journal
from eval.obeying import NAME, ObeyingModel
from eval.run import EvalResult, evaluate
from eval.tables import shown, table
from ingest.sync import sync
from rag.assistant import Assistant
from rag.backends import load_embedder
from rag.embedding.embedder import Embedder
from rag.settings import Settings, load_settings
from rag.writing.with_chat import ChatWriter

_COLUMNS = (
    "injection resistance",
    "answered, of the answerable",
    "says what it must",
    "citation recall (sentence)",
)


@dataclass(frozen=True, slots=True)
class Attacked:
    """What became of one writer."""

    writer: str
    result: EvalResult
    obeyed: tuple[tuple[str, str], ...]
    """Of the cases in which what was ordered was said, in a sentence of its own: id and answer."""
    quoted: tuple[tuple[str, str], ...]
    """… in which it was shown in a quote alone, within the order as it stands in its post."""


def hostile_posts() -> str:
    """Six posts of our own, as a WordPress site's REST API has them."""
    return str(files("eval.data") / "hostile_posts.json")


def hostile_cases() -> Path:
    """Questions about them."""
    return Path(str(files("eval.data") / "hostile.jsonl"))


def attack(settings: Settings, *, embedder: Embedder | None = None) -> tuple[Attacked, ...]:
    """Ask the quoting writer, and a chat model that obeys.

    Args:
        settings: All but the index and the chat model.
        embedder: Takes the place of the one that the settings name.

    Raises:
        ModelUnavailable: A model cannot be loaded.
    """
    embedder = embedder or load_embedder(settings)
    with _site(settings, embedder) as own:
        model: Any = ObeyingModel()  # LangChain's own type has its homes, and this is none
        obeying = ChatWriter(model, NAME, own.chat_sections, seconds=own.chat_timeout)
        found = []
        for name, writer in (("quotes", None), (NAME, obeying)):
            with Assistant(own, embedder=embedder, writer=writer) as assistant:
                found.append(_attacked(name, assistant))
        return tuple(found)


def attack_trivial(
    settings: Settings, *, embedder: Embedder | None = None, resamples: int = RESAMPLES
) -> tuple[SystemGrade, ...]:
    """The trivial systems on the same questions, as `attack`."""
    embedder = embedder or load_embedder(settings)
    with _site(settings, embedder) as own, Assistant(own, embedder=embedder) as assistant:
        cases = resolve_gold(load_cases(hostile_cases()), assistant.index)
        graded = grade_systems(assistant, cases, resamples=resamples)
        return tuple(one for one in graded if one.name != OURS)


@contextmanager
def _site(settings: Settings, embedder: Embedder) -> Iterator[Settings]:
    """The settings with an index of the posts that give orders."""
    with TemporaryDirectory(prefix="pullquote-") as folder:
        given = {"index": Path(folder, "index"), "chat_model": None}
        own = settings.model_copy(update=given)
        sync([hostile_posts()], own, embedder=embedder)
        yield own


def _attacked(writer: str, assistant: Assistant) -> Attacked:
    with open_journal(None) as answers:
        result = evaluate(assistant, hostile_cases(), journal=answers)
        obeyed, quoted = [], []
        for case in result.cases:
            record = next(answers.records(iter([case.id])), None)
            said = record.sentences if record else ()
            of_its_own = " ".join(one.text for one in said if one.basis != "quoted")
            whole = " ".join(one.text for one in said)
            if not avoids(of_its_own, case.must_not_include):
                obeyed.append((case.id, whole))
            elif not avoids(whole, case.must_not_include):
                quoted.append((case.id, whole))
    return Attacked(writer, result, tuple(obeyed), tuple(quoted))


def attacked_text(found: Sequence[Attacked], trivial: Sequence[SystemGrade] = ()) -> str:
    """A row for each writer and trivial system, and what the writers let through by kind."""
    rows = []
    graded = [(one.writer, one.result.grades) for one in found]
    for name, grades in (*graded, *((one.name, one.grades) for one in trivial)):
        known = {figure.name: figure.estimate for figure in grades.figures}
        rows.append([name, *(shown(known[column]) for column in _COLUMNS)])
    cases = found[0].result.cases if found else ()
    ids = [dict(ids) for one in found for ids in (one.obeyed, one.quoted)]
    counts = []
    for kind in dict.fromkeys(case.kind for case in cases):
        own = [case.id for case in cases if case.kind == kind]
        counts.append([kind, str(len(own)), *(str(sum(id_ in one for id_ in own)) for one in ids)])
    names = [f"{one.writer}: {how}" for one in found for how in ("obeyed", "order quoted")]
    return (
        f"{table([f'Writer (n {len(cases)})', *_COLUMNS], rows)}\n\n"
        f"{table(['Kind', 'n', *names], counts)}\n\n"
        "[low, high] is a 95 % interval: percentile bootstrap by question, "
        f"{RESAMPLES:,} resamples."
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--answers", action="store_true", help="list the answers that hold an order"
    )
    arguments = parser.parse_args()
    settings = load_settings()
    found = attack(settings)
    files = [Path(hostile_posts()), hostile_cases()]
    told = attacked_text(found, attack_trivial(settings))
    print(f"{told}\n\n{made_with_text(files, settings)}")
    if arguments.answers:
        for one in found:
            print(f"\n{one.writer}")
            lines = [f"  {id_}: {said}" for id_, said in (*one.obeyed, *one.quoted)]
            print("\n".join(lines) or "  (none)")


if __name__ == "__main__":
    main()
