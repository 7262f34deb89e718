from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from small_site import garden, post, put, section

from eval.abstention import ANSWERABLE
from eval.cases.draft import Drafted, draft, sampled_posts
from eval.fit.hide import Hiding
from eval.fit.near_words import NearWords
from eval.fit.refit import AREA, AUROC, FIGURES, Measured, compare, graded, measure, refit
from rag.assistant import Assistant
from rag.calibration import ANSWERABLE_FEATURES, Logistic
from rag.embedding.embedder import HashEmbedder
from rag.errors import SourceError
from rag.index.index import write_index
from rag.index.own_calibration import Refusal
from rag.settings import Settings


@pytest.fixture
def assistant(tmp_path: Path) -> Iterator[Assistant]:
    folder = garden(tmp_path / "index")
    with Assistant(Settings(index=folder, embedding_model="hash")) as opened:
        yield opened


def measured(n: int, *, apart: float, seed: int = 0) -> list[tuple[Measured, Measured]]:
    """Questions whose first feature is so much higher where the posts answer."""
    draw = Random(seed)

    def one(answerable: bool) -> Measured:
        rest = tuple(draw.random() for _ in ANSWERABLE_FEATURES[1:])
        return Measured(answerable, (draw.random() + apart * answerable, *rest))

    return [(one(True), one(False)) for _ in range(n)]


def test_a_question_is_no_copy_of_its_sentence_and_leaves_out_what_it_asks_for() -> None:
    told = "In the wet summer of our valley 40 young lettuces were eaten by slugs every night."
    posts = [post(7, "Slugs", section("1", ("Wool against hungry slugs",), told))]
    drafted = draft(posts, 10, {"lettuces": "cabbages", "hungry": "greedy"}.get)
    assert drafted == draft(posts, 10, {"lettuces": "cabbages", "hungry": "greedy"}.get)
    assert {one.kind for one in drafted} == {"heading", "sentence"}
    for one in drafted:
        assert one.question.endswith("?")
        assert one.question.rstrip("?") not in told
        assert one.sentence == told
        assert "40" not in one.question
    asked = next(one.question for one in drafted if one.kind == "sentence")
    assert asked.startswith("How many ")


def test_for_a_person_a_sentence_has_a_gap_and_keeps_its_words() -> None:
    told = "In our valley 40 young lettuces were eaten by slugs every night."
    headed = post(7, "Slugs", section("1", ("Wool against hungry slugs",), told))
    other = post(8, "Salat", section("0", (), told))
    posts = [headed, replace(other, post=replace(other.post, language="de"))]
    assert [one.question for one in draft(posts, 10, None)] == [
        "What about “Wool against hungry slugs”?",
        "In our valley … young lettuces were eaten by slugs every night.",
        "In our valley … young lettuces were eaten by slugs every night. How many?",
    ]


def test_a_sentence_that_tells_nothing_to_ask_for_gives_no_question() -> None:
    posts = [post(7, "Slugs", section("0", (), "They came every night and ate all that grew."))]
    assert draft(posts, 10, lambda _: None) == ()


def test_another_word_is_one_of_the_site_and_no_form_of_the_same(assistant: Assistant) -> None:
    near = NearWords(sampled_posts(assistant.index, 10), HashEmbedder())
    assert near("tomatoes") is None or not str(near("tomatoes")).startswith("toma")
    assert near("nowhere") is None


def test_a_hidden_post_is_not_found_and_the_others_are(assistant: Assistant) -> None:
    sentence = "The bed with wool mulch lost three of forty lettuces."
    one = Drafted("How many lettuces?", "sentence", "garden.example/2", "Results", sentence)
    hiding = Hiding(assistant.index, HashEmbedder())
    posts = hiding.posts(one)
    assert "garden.example/2" in posts
    hidden = hiding.passages(frozenset({"garden.example/2"}))
    there = measure("How many lettuces were lost?", assistant.pipeline, answerable=True)
    gone = measure(
        "How many lettuces were lost?", assistant.pipeline, answerable=False, hidden=hidden
    )
    assert there is not None
    assert gone is not None
    assert gone.unread[0] < there.unread[0]
    assert there.read == ()


def test_a_post_with_the_same_sentence_is_hidden_with_it(tmp_path: Path) -> None:
    folder, embedder = garden(tmp_path / "index"), HashEmbedder()
    sentence = "The bed with wool mulch lost three of forty lettuces."
    with write_index(folder, embedder.id) as writer:
        put(writer, post(9, "Again", section("0", (), f"We said before: {sentence}")), embedder)
        writer.finish()
    with Assistant(Settings(index=folder, embedding_model="hash")) as assistant:
        one = Drafted("How many?", "sentence", "garden.example/2", "Results", sentence)
        posts = Hiding(assistant.index, embedder).posts(one)
    assert {"garden.example/2", "garden.example/9"} <= posts


def test_questions_about_posts_are_left_out(assistant: Assistant) -> None:
    assert measure("What is the newest post?", assistant.pipeline, answerable=True) is None


def test_what_tells_questions_apart_gets_the_weight(assistant: Assistant) -> None:
    found = refit(measured(60, apart=2.0), assistant.pipeline, drafted_by="rules")
    weights = found.own.unread.answerable.weights
    assert weights[0] == max(weights) > 0
    assert found.own.read is None
    assert found.own.questions == 120
    assert found.own.generation == assistant.index.generation
    auroc = next(one for one in found.drafted if one.name == AUROC)
    assert auroc.after is not None
    assert auroc.after.value > 0.95
    assert auroc.after.n == 120


def test_nothing_is_advised_without_cases_nor_against_them(assistant: Assistant) -> None:
    pairs = measured(60, apart=2.0)
    assert "--cases" in refit(pairs, assistant.pipeline, drafted_by="rules").objection
    good = [one for pair in measured(30, apart=2.0, seed=1) for one in pair]
    better = refit(pairs, assistant.pipeline, drafted_by="rules", cases=good)
    assert not [one for one in better.cases if one.name == AUROC and one.after is None]
    # Turned round: what the drafted questions teach is wrong for these.
    bad = [Measured(not one.answerable, one.unread) for one in good]
    worse = refit(pairs, assistant.pipeline, drafted_by="rules", cases=bad)
    assert "worse" in worse.objection


def test_what_is_not_better_on_its_own_questions_is_not_advised(assistant: Assistant) -> None:
    blurred = measured(60, apart=0.0)
    assert "apart" in refit(blurred, assistant.pipeline, drafted_by="rules").objection


def test_too_few_questions_are_an_error(assistant: Assistant) -> None:
    with pytest.raises(SourceError, match="3 questions"):
        refit(measured(3, apart=1.0), assistant.pipeline, drafted_by="rules")


def test_figures_before_and_after_are_of_the_same_questions() -> None:
    refusal = Refusal(Logistic((10.0, *[0.0] * 6), -5.0), 0.5, "")
    pairs = measured(20, apart=2.0)
    rows = graded([one for pair in pairs for one in pair], refusal, read=False)
    assert rows[:, ANSWERABLE].sum() == 20
    same = compare(rows, rows)
    assert [one.name for one in same] == list(FIGURES)
    assert all(one.change is not None and one.change.value == 0 for one in same)
    assert same[-1].name == AREA


def test_a_question_without_a_hit_is_refused() -> None:
    refusal = Refusal(Logistic((0.0,) * 7, 9.0), 0.5, "")
    (row,) = graded([Measured(True, ())], refusal, read=False)
    assert row.tolist() == [1, 1, 0]
