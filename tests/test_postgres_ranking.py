"""The sample's questions, asked of its posts in SQLite and in PostgreSQL: the same is found."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from importlib.resources import files
from pathlib import Path

import pytest
from chroma_servers import chroma_program, chroma_server
from postgres_servers import missing_postgres, postgres_server
from tests_shared import SHARED, needs_shared

from eval.cases.cases import Case, load_cases, resolve_gold
from eval.cases.gold import RetrievedText
from eval.retrieval import grade_ranking
from ingest.sync import sync
from rag import Assistant
from rag.index.backup import backup, restore
from rag.index.index import Index
from rag.settings import Settings, load_settings
from rag.types import Hit
from ui.commands.sample import sample_cases, sample_source

FIRST = 5


pytestmark = [
    pytest.mark.skipif(bool(missing_postgres()), reason=missing_postgres()),
    pytest.mark.skipif(chroma_program() is None, reason="there is no `chroma` command"),
]


@pytest.mark.model
@pytest.mark.timeout(600)
def test_the_first_five_of_every_sample_question_are_the_same_in_both(tmp_path: Path) -> None:
    cases = load_cases(sample_cases())
    assert len(cases) == 60
    ours, theirs, _ = in_both(sample_source(), cases, tmp_path)
    for case, one, other in zip(cases, ours, theirs, strict=True):
        assert [hit.passage.id for hit in one] == [hit.passage.id for hit in other], case.question
        assert [hit.relevance for hit in one] == pytest.approx([hit.relevance for hit in other])
    assert recall(cases, ours) == recall(cases, theirs) > 0.5


@needs_shared
@pytest.mark.slow
@pytest.mark.model
@pytest.mark.timeout(1200)
def test_as_much_is_found_of_a_blog_in_both(tmp_path: Path) -> None:
    blog = SHARED / "wordpress" / "blog-18f.json.gz"
    questions = [
        case
        for file in (SHARED / "data/blog_18f/questions_dev.jsonl", own_cases("blog_18f.jsonl"))
        for case in load_cases(file)
    ]
    assert len(questions) == 310
    # What a reader makes of passages is the same wherever they come from.
    ours, theirs, cases = in_both(str(blog), questions, tmp_path, read_passages=0)
    assert abs(recall(cases, ours) - recall(cases, theirs)) <= 0.01
    assert recall(cases, ours) > 0.5


def own_cases(name: str) -> Path:
    return Path(str(files("eval.data") / name))


def in_both(
    source: str, cases: Sequence[Case], folder: Path, **more: int
) -> tuple[list[list[Hit]], list[list[Hit]], tuple[Case, ...]]:
    """The first hits in SQLite and in PostgreSQL; the cases with their gold."""
    here = load_settings(index=folder / "here", **more)
    sync([source], here)
    with postgres_server() as server, chroma_server(folder / "chroma") as door:
        there = load_settings(
            index=folder / "there", catalog_url=server.url(), chroma_url=door.url, **more
        )
        backup(here.place, folder / "copy")
        restore(folder / "copy", there.place)
        with closing(Index(here.index)) as index:
            known = resolve_gold(cases, index)
        return found(here, known), found(there, known), known


def found(settings: Settings, cases: Sequence[Case]) -> list[list[Hit]]:
    """For each case the first hits."""
    with Assistant(settings) as assistant:
        pipeline = assistant.pipeline
        return [
            list(pipeline.retrieve(pipeline.understand(one.question, history=one.history)).hits)[
                :FIRST
            ]
            for one in cases
        ]


def recall(cases: Sequence[Case], hits: Sequence[Sequence[Hit]]) -> float:
    """Recall@5, over the cases that the posts answer."""
    grades = [
        grade_ranking(
            case, [RetrievedText(hit.passage.post.id, hit.passage.text) for hit in one]
        ).recall_5
        for case, one in zip(cases, hits, strict=True)
        if case.answerable
    ]
    print(f"Recall@5 {sum(grades) / len(grades):.3f} (n {len(grades)})")  # pytest -s shows it
    return sum(grades) / len(grades)
