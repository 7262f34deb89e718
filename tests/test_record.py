from __future__ import annotations

import json
from dataclasses import replace

import pytest
from answers import FixedJudge, draft, pointer
from pydantic import ValidationError

from rag.checking.verify import Check, verify
from rag.record import AnswerRecord, FiltersRecord, record
from rag.types import Block, Claim, Damage, Pointer, Section, Sentence, Span

BARE = "The bare bed lost twenty-two lettuces."


def one_answer() -> AnswerRecord:
    broken = pointer(BARE)
    damage = Damage("from plain text that lost its tags", complete=False)
    cut = Pointer(replace(broken.post, damage=damage), broken.section, broken.sentence)
    *_, answer = verify(
        draft(Claim(BARE, (cut,)), Claim("Nonsense.", ())), Check(FixedJudge(), 0.6)
    )
    return record(answer, id="q1")


def test_a_record_comes_back_as_it_was() -> None:
    made = one_answer()
    assert AnswerRecord.model_validate_json(made.to_json()) == made


def test_the_contract_has_these_fields() -> None:
    values = json.loads(one_answer().to_json())
    assert values["schema"] == 1
    assert values["id"] == "q1"
    assert values["answered"] is True
    (sentence,) = values["sentences"]
    assert (sentence["text"], sentence["basis"], sentence["support"]) == (BARE, "quoted", 1.0)
    (citation,) = sentence["citations"]
    assert citation["post_id"] == "garden.example/2"
    assert citation["headings"] == ["Results"]
    assert citation["quote"] == BARE
    assert citation["start"] == 54
    assert citation["published"] == "2023-03-01T12:00:00Z"
    assert citation["recovered"] == "from plain text that lost its tags"
    assert citation["may_be_cut"] is True
    assert sentence["short"] is None
    assert (citation["kind"], citation["header"]) == ("paragraph", "")
    assert values["rejected"][0]["text"] == "Nonsense."
    assert values["hits"][0]["section"] == "1"


def test_a_short_answer_and_a_row_are_told_as_such() -> None:
    row = "2016 | 12"
    table = Section("1", (), None, 1, row, (Block(0, len(row), "row", "Year | Posts"),))
    claim = Claim(row, (Pointer(pointer(BARE).post, table, Sentence(row, 0)),), short=Span(7, 9))
    *_, answer = verify(draft(claim), Check(FixedJudge(), 0.6))
    (sentence,) = json.loads(record(answer).to_json())["sentences"]
    assert sentence["text"] == row
    assert sentence["short"] == {"start": 7, "end": 9, "text": "12"}
    (citation,) = sentence["citations"]
    assert (citation["kind"], citation["header"]) == ("row", "Year | Posts")


def test_an_unknown_field_or_schema_is_refused() -> None:
    values = json.loads(one_answer().to_json())
    for change in ({"colour": "red"}, {"schema": 2}, {"answerable": 1.5}):
        with pytest.raises(ValidationError):
            AnswerRecord.model_validate({**values, **change})


def test_words_stay_readable() -> None:
    made = AnswerRecord(schema=1, question="Wie heißt der Fluß? 압록강", answered=False)
    assert "heißt der Fluß? 압록강" in made.to_json()


def test_json_is_refused_in_the_words_of_json() -> None:
    for wrong, said in (
        ({"authors": "Ines"}, 'takes a list of names, as in ["Ines Moreau"]'),
        ({"since": "last week"}, 'takes a day or a time, as "2024-01-31"'),
        ({"since": ""}, "takes a day or a time"),
        ({"since": []}, "takes a day or a time"),
    ):
        with pytest.raises(ValidationError) as refused:
            FiltersRecord.model_validate_json(json.dumps(wrong))
        assert said in refused.value.errors()[0]["msg"]
