"""Questions that ask alike come together."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.types import Vector
from ui.likeness import ALIKE, Asked, counted, grouped

DATA = Path(__file__).parent / "data" / "alike_questions.json"


def turned(degrees: dict[str, float]) -> Callable[[str], Vector]:
    """Vectors of length 1 by their angle."""

    def embed(question: str) -> Vector:
        angle = np.deg2rad(degrees[question])
        return np.array([np.cos(angle), np.sin(angle)], np.float32)

    return embed


def test_wordings_are_counted_once_and_the_newest_is_shown() -> None:
    asked = counted(
        [
            ("2026-05-01", "do beer traps help?"),
            ("2026-05-03", "Do beer traps help?!"),
            ("2026-05-02", "Does salt help?"),
            ("2026-05-02", "???"),
        ]
    )
    assert asked == (
        Asked("Do beer traps help?!", 2, "2026-05-03"),
        Asked("Does salt help?", 1, "2026-05-02"),
        Asked("???", 1, "2026-05-02"),
    )


def test_what_is_near_comes_together_and_the_most_frequent_speaks_for_it() -> None:
    asked = (Asked("a", 3, "2026-05-01"), Asked("b", 2, "2026-05-09"), Asked("c", 2, "2026-05-02"))
    limit = float(np.rad2deg(np.arccos(ALIKE)))
    groups = grouped(asked, turned({"a": 0, "b": 90, "c": limit - 1}))
    assert [(one.question, one.count, one.last) for one in groups] == [
        ("a", 5, "2026-05-02"),
        ("b", 2, "2026-05-09"),
    ]
    assert [one.question for one in groups[0].members] == ["a", "c"]
    assert len(grouped(asked, turned({"a": 0, "b": 90, "c": limit + 1}))) == 3


def test_questions_about_two_years_are_two() -> None:
    asked = [Asked(f"How hot was {year}?", 1, "2026-05-01") for year in (2003, 2018)]
    assert len(grouped(asked, turned({one.question: 0 for one in asked}))) == 2


@given(st.lists(st.tuples(st.dates().map(str), st.text(max_size=20)), max_size=20))
def test_no_question_gets_lost(rows: list[tuple[str, str]]) -> None:
    asked = counted(rows)
    groups = grouped(asked, turned({one.question: 40.0 * n for n, one in enumerate(asked)}))
    assert sum(group.count for group in groups) == len(rows)
    assert sorted(one.question for group in groups for one in group.members) == sorted(
        one.question for one in asked
    )


@pytest.mark.model
def test_the_bundled_model_puts_the_same_together_and_nothing_of_another_topic() -> None:
    from rag.backends import load_embedder
    from rag.settings import load_settings

    embedder = load_embedder(load_settings(embedding_backend="numpy"))
    topics = json.loads(DATA.read_text(encoding="utf-8"))
    known = {
        question: (topic, number)
        for topic, questions in enumerate(topics)
        for number, wordings in enumerate(questions)
        for question in wordings
    }
    asked = [Asked(question, 1, "2026-05-01") for question in known]
    groups = grouped(asked, lambda question: embedder.embed_question(question).question)
    of = {one.question: n for n, group in enumerate(groups) for one in group.members}
    pairs = list(combinations(known, 2))
    same = [of[a] == of[b] for a, b in pairs if known[a] == known[b]]
    near = [of[a] == of[b] for a, b in pairs if known[a][0] == known[b][0] and known[a] != known[b]]
    far = [of[a] == of[b] for a, b in pairs if known[a][0] != known[b][0]]
    assert sum(same) / len(same) > 0.7
    assert sum(near) / len(near) < 0.15
    assert not any(far)
