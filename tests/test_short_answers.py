from __future__ import annotations

import json
from pathlib import Path

import pytest

from eval.short_answers import Marked, marked, rules_text, verdict
from rag.text.short_answers import asked_for, short_answer


def found(question: str, sentence: str, around: str = "") -> str | None:
    span = short_answer(question, sentence, around)
    return sentence[span.start : span.end] if span else None


@pytest.mark.parametrize(
    ("question", "sentence", "answer"),
    [
        ("When was the mill built?", "The mill was built in 1871.", "1871"),
        ("When did the mill burn?", "The mill burnt on 3 May 1902.", "3 May 1902"),
        ("when did the mill burn", "On March 3, 2016 the mill burnt.", "March 3, 2016"),
        ("In what century was the mill built?", "It is of the 12th century.", "the 12th century"),
        ("Since when does the mill stand?", "The mill stands since the 1870s.", "the 1870s"),
        ("How many beds were there?", "There were twenty-two beds.", "twenty-two"),
        ("How many beds were there?", "There were about 1.5 million beds.", "1.5 million"),
        ("How much did the wool cost?", "The wool was $3.50 a bag.", "$3.50"),
        ("How much of it was lost?", "In all 40 percent was lost.", "40 percent"),
        ("How long did the trial run?", "The trial ran for six weeks.", "six weeks"),
        ("Who built the mill?", "The mill was built by Anna Keller.", "Anna Keller"),
        ("Who won the prize?", "Tom van Dyke won it.", "Tom van Dyke"),
        ("How much did the wool cost?", "The wool was no more than $5.", "no more than $5"),
        ("How much did the wool cost?", "The wool was $5 a bag or more.", "$5 a bag or more"),
        ("How many beds were there?", "There were at least two beds.", "at least two"),
        ("How long did the trial run?", "It ran for up to six weeks.", "up to six weeks"),
        ("When was the mill built?", "The mill was built before 1871.", "before 1871"),
        ("When did the war end?", "The war began and ended in 1914.", "1914"),
    ],
)
def test_the_one_thing_that_is_asked_for_is_found(
    question: str, sentence: str, answer: str
) -> None:
    assert found(question, sentence, "mill wool") == answer


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("When was the mill built?", "It was built in 1871 and burnt in 1902."),  # two
        ("When was the mill built?", "It was built long ago."),  # none
        ("What happened in 1871?", "The mill was built in 1871."),  # another kind
        ("When and by whom was it built?", "It was built in 1871."),  # two questions
        ("When in 1871 was it built?", "It was built in 1871."),  # known
        ("How many beds were there?", "There were 12 gardeners."),  # of something else
        ("How many beds were there in 2020?", "In 2020 beds were rare."),
        ("Who built the mill?", "Anna Keller sold the Red Mill."),  # did something else
        ("Who built the mill?", "The mill was built by the Water Board."),
        ("Where is the mill?", "The mill is in Halm."),  # no rule is good enough
        ("When was the Halm mill built?", "The Brook mill was built in 1871."),  # of another
        ("Who founded the club?", "The club was not founded by Ada Lane."),  # denied
        ("When did the mill close?", "The mill did not close in 1999."),
        ("How many dogs were there?", "Not two dogs were there."),
        ("When did the war end?", "The war began in 1914."),  # the opposite
        ("When was the bank founded?", "The bank closed in 1999."),
        ("Qui a construit le moulin?", "Le moulin fut construit en 1871."),
        ("", ""),
    ],
)
def test_unsure_means_none(question: str, sentence: str) -> None:
    assert found(question, sentence) is None


def test_what_the_sentence_leans_on_may_name_what_is_asked_about() -> None:
    assert (
        found("When was the Halm mill built?", "It was built in 1871.", "The mill of Halm")
        == "1871"
    )


def test_only_a_question_for_one_thing_is_plain() -> None:
    assert asked_for("How many came, and when?") is None
    assert asked_for("How many came?") == "many"
    assert asked_for("Who or what came?") is None


@pytest.mark.parametrize("form", ["squad", "paragraphs"])
def test_rules_are_graded_on_marked_answers(tmp_path: Path, form: str) -> None:
    text = "The mill was built in 1871. It burnt on 3 May 1902."
    asked = [("When was the mill built?", "1871", 22), ("When did it burn?", "May 1902", 42)]
    if form == "squad":
        qas = [{"question": q, "answers": [{"text": a, "answer_start": s}]} for q, a, s in asked]
        data: object = {"data": [{"title": "Mill", "paragraphs": [{"context": text, "qas": qas}]}]}
    else:
        questions = [{"q": q, "p": 0, "imp": False, "ans": a} for q, a, _ in asked]
        questions.append({"q": "When?", "p": 0, "imp": True, "ans": ""})
        data = {"paras": [{"title": "Mill", "text": text}], "qs": questions}
    file = tmp_path / "questions.json"
    file.write_text(json.dumps(data), encoding="utf-8")
    read = list(marked(file))
    assert read[0] == Marked(asked[0][0], "Mill", "The mill was built in 1871.", "1871")
    assert [verdict(one) for one in read] == [(True, True), (False, True)]
    row = next(line for line in rules_text(read).splitlines() if line.startswith("| all"))
    assert "0.500 [" in row
    assert "1.000 [0.342, 1.000]" in row
