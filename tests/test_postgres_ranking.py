"""The sample's questions, asked of its posts in SQLite and in PostgreSQL: the same is found."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from chroma_servers import chroma_program, chroma_server
from postgres_servers import missing_postgres, postgres_server

from eval.cases.cases import Case, load_cases
from eval.cases.gold import RetrievedText
from eval.retrieval import grade_ranking
from ingest.sync import sync
from rag import Assistant
from rag.index.backup import backup, restore
from rag.settings import Settings, load_settings
from rag.types import Hit
from ui.commands.sample import sample_cases, sample_source

FIRST = 5


@pytest.mark.model
@pytest.mark.timeout(600)
@pytest.mark.skipif(bool(missing_postgres()), reason=missing_postgres())
@pytest.mark.skipif(chroma_program() is None, reason="there is no `chroma` command")
def test_the_first_five_of_every_sample_question_are_the_same_in_both(tmp_path: Path) -> None:
    cases = load_cases(sample_cases())
    assert len(cases) == 60
    here = load_settings(index=tmp_path / "here")
    sync([sample_source()], here)
    with postgres_server() as server, chroma_server(tmp_path / "chroma") as door:
        there = load_settings(
            index=tmp_path / "there", catalog_url=server.url(), chroma_url=door.url
        )
        backup(here.place, tmp_path / "copy")
        restore(tmp_path / "copy", there.place)
        ours, theirs = found(here, cases), found(there, cases)
    for case, one, other in zip(cases, ours, theirs, strict=True):
        assert [hit.passage.id for hit in one] == [hit.passage.id for hit in other], case.question
        assert [hit.relevance for hit in one] == pytest.approx([hit.relevance for hit in other])
    assert recall(cases, ours) == recall(cases, theirs) > 0.5


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
