"""Questions that shipped weights were fitted on are known one by one."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import pytest

from eval.fitted import (
    BUNDLED,
    STORED,
    fitted_in,
    fitted_questions,
    question_hash,
    questions_in,
    stored_questions,
)
from eval.hashes import file_sha256, made_with_text
from eval.seen import fitted_on

CASES = STORED.with_name("blog_18f.jsonl")
CLAIMS = ("altered_claims.jsonl", "claims_fit.jsonl")
NO_LONGER_THERE = "5a5a940a0dbf5f5c12437d7564a7a6ef2a8973841151bb04c88c7cbeb1d2ff99"
"""blog_18f.jsonl before some of its questions were mended."""
WICE = "67531ca79bde4c81d3752fb69d9cb0d3d6763de5c3028f548b83ef053a6f8042"
"""Claims, and no questions."""


def test_the_questions_of_every_file_that_weights_were_fitted_on_are_known() -> None:
    """After a fit on another file, `python -m eval.fit.known` keeps its questions."""
    own = {file_sha256(STORED.with_name(name)) for name in CLAIMS}
    own |= {file_sha256(STORED.parent / name) for name in BUNDLED}
    assert fitted_on() - own - {WICE, NO_LONGER_THERE} <= stored_questions().keys()


def test_the_languages_that_were_fitted_on_are_those_of_the_weights() -> None:
    models = files("rag.models") / "languages.json"
    fitted = json.loads(models.read_text("utf-8"))["made_from"]["questions"]
    named = {Path(name).stem.rpartition("_")[2] for name in BUNDLED if "languages" in name}
    assert named == fitted.keys()
    # Those in English are ten of our own posts in other languages, and all about the sample site.
    names = [name for name in BUNDLED if name != "blog_18f.jsonl"]
    asked = sum(len(questions_in(STORED.parent / name)) for name in names)
    assert asked == sum(fitted.values())


def test_what_is_stored_holds_hashes_and_no_words() -> None:
    for known in stored_questions().values():
        assert len(set(known)) == len(known) > 100
        assert all(len(one) == 12 and int(one, 16) >= 0 for one in known)
    assert STORED.stat().st_size < 100_000


@pytest.mark.parametrize(
    ("asked", "is_known"),
    [
        ("When did applications close for the innovation fellowship in spring 2014?", True),
        ("when did applications  close for the Innovation Fellowship in spring 2014", True),
        ("\ufeffWhen did applications close for the innovation fellowship in spring 2014 ?!", True),
        ("When did applications close for the innovation fellowship in spring 2015?", False),
        ("In what country is Normandy located?", True),  # SQuAD 2.0
        ("", False),
        ("???", False),
    ],
)
def test_a_question_is_known_whatever_its_marks(asked: str, is_known: bool) -> None:
    assert (question_hash(asked) in fitted_questions()) is is_known


def test_a_follow_up_is_known_behind_its_own_turns_alone(tmp_path: Path) -> None:
    lines = [json.loads(line) for line in CASES.read_text("utf-8").splitlines()]
    case = next(one for one in lines if one["history"])
    turn = {"question": case["history"][0]["content"], "answer": "Another one."}
    file = tmp_path / "cases.jsonl"
    for history, known in (
        (case["history"], 1), ([turn], 1), ([], 0), ([turn | {"question": "What else?"}], 0),
    ):  # fmt: skip
        file.write_text(json.dumps({"question": case["question"], "history": history}), "utf-8")
        assert fitted_in(file) == (known, 1)


@pytest.mark.parametrize(
    "text",
    ["", "not JSON", "[]", '{"question": 4}', '["question"]', '{"a": "question"}', "\x00\xff{"],
)
def test_a_file_of_something_else_has_no_questions(tmp_path: Path, text: str) -> None:
    (file := tmp_path / "posts.json").write_bytes(text.encode("latin-1"))
    assert questions_in(file) == ()


def test_a_table_says_how_many_questions_of_a_file_were_seen(tmp_path: Path) -> None:
    some = CASES.read_text("utf-8").splitlines()[:2]
    (file := tmp_path / "mixed.jsonl").write_text(
        "\n".join([*some, '{"question": "So?"}']), "utf-8"
    )
    assert "`mixed.jsonl` (seen, 2 of 3 questions) sha256 " in made_with_text([file])
    file.write_text(some[0] + "\n", "utf-8")
    assert "`mixed.jsonl` (seen) sha256 " in made_with_text([file])
