from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from eval import clapnq
from eval.clapnq import agreement, look, most_words, share_of_words
from eval.clapnq_data import Question, load_questions, posts
from eval.small_index import small_assistant
from rag.embedding.embedder import HashEmbedder
from rag.errors import SourceError
from rag.settings import load_settings

MILL = ["The mill stands at two brooks .", "It was built in 1871 , by hand .", "Millers like rye ."]
BEES = ["Bees sleep in winter .", "Lavender draws bees ."]


def write(folder: Path) -> Path:
    def entry(id_: int, asked: str, title: str, sentences: list[str], *chosen: list[str]) -> str:
        output = [{"answer": "…", "selected_sentences": one} for one in chosen] or [{"answer": ""}]
        passages = [{"title": title, "sentences": sentences}]
        return json.dumps({"id": id_, "input": asked, "passages": passages, "output": output})

    answerable = [
        entry(1, "when was the mill built", "Mill", MILL, MILL[:2], [MILL[1]]),
        entry(2, "what draws bees", "Bees", BEES, [BEES[1]]),
    ]
    unanswerable = [entry(3, "who owns the mill", "Mill", MILL)]
    (folder / "clapnq_dev_answerable.jsonl").write_text("\n".join(answerable), encoding="utf-8")
    (folder / "clapnq_dev_unanswerable.jsonl").write_text("\n".join(unanswerable), encoding="utf-8")
    return folder


@pytest.fixture
def questions(tmp_path: Path) -> tuple[Question, ...]:
    return load_questions(write(tmp_path))


def test_a_passage_is_one_post_however_often_it_is_asked_about(
    questions: tuple[Question, ...],
) -> None:
    assert [one.passage for one in questions] == [1, 2, 1]
    assert [post.title for post in posts(questions)] == ["Mill", "Bees"]
    assert questions[0].sentences[1] == "It was built in 1871, by hand."
    assert questions[0].references == (frozenset({0, 1}), frozenset({1}))
    assert not questions[2].answerable
    assert questions[2].references == ()


def test_a_folder_without_the_files_says_so(tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        load_questions(tmp_path)


def test_what_is_printed_says_that_the_family_was_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PULLQUOTE_EMBEDDING_MODEL", "hash")
    monkeypatch.setattr(sys, "argv", ["clapnq", str(write(tmp_path)), "--all"])
    clapnq.main()
    printed = capsys.readouterr().out
    assert "3 questions" in printed
    assert (
        "\n**Seen family**, no headline figures; fitted were: share of further sentences, on half"
        " of its development part.\n\n| sentences (n 2)"
    ) in printed


def test_agreement_is_with_the_person_who_agrees_most() -> None:
    people = (frozenset({0, 1, 2, 3}), frozenset({5}))
    assert agreement(frozenset({0, 1, 4}), people) == (2 / 3, 2 / 4, 2 * 2 / (3 + 4))
    assert agreement(frozenset({5}), people) == (1.0, 1.0, 1.0)
    assert agreement(frozenset(), people) == (0.0, 0.0, 0.0)


def test_simple_ways_count_words_of_the_question(questions: tuple[Question, ...]) -> None:
    asked = questions[0]
    assert most_words(asked) == {0, 1, 2}
    assert share_of_words(asked, titled=False) == 1.0
    bees = questions[1]
    assert share_of_words(bees, titled=False) == 1.0
    assert share_of_words(questions[2], titled=False) == 0.5


def test_every_question_is_asked_of_its_passage_and_of_all(
    questions: tuple[Question, ...],
) -> None:
    settings = load_settings(embedding_model="hash")
    with small_assistant(posts(questions), settings, embedder=HashEmbedder()) as assistant:
        looked = [look(assistant, one) for one in questions]
        tried = clapnq.shares_text(assistant, questions).splitlines()
    assert [line.split()[1] for line in tried[2:]] == [f"{n / 10:.1f}" for n in range(1, 11)]
    chosen = [float(line.split("|")[-2]) for line in tried[2:]]
    assert chosen == sorted(chosen, reverse=True)
    bees = looked[1]
    assert bees.choices[clapnq.PRODUCT] == {1}
    assert bees.choices[clapnq.WHOLE] == {0, 1}
    assert bees.places[clapnq.RANKED][0] == bees.places[clapnq.WORDS][0] == "small.example/2"
    assert all(0 <= one.scores[clapnq.BY_SCORE] <= 1 for one in looked)
    # "It was built …" brings the sentence that says what was built.
    assert looked[0].choices[clapnq.PRODUCT] >= {0, 1}
    for text in (
        clapnq.sentences_text(looked), clapnq.answerable_text(looked), clapnq.passages_text(looked)
    ):  # fmt: skip
        assert "| n" not in text
    assert "| all " in clapnq.sentences_text(looked)
    assert "(n 2)" in clapnq.sentences_text(looked)
    assert "(n 3)" in clapnq.answerable_text(looked)
