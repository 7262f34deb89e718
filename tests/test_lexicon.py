from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_site import garden, post, put, section

from rag import Assistant
from rag.catalog.catalog import Catalog
from rag.catalog.read import Choices, choices
from rag.embedding.embedder import HashEmbedder
from rag.index.index import write_index
from rag.text.number_words import NUMBER, other_form
from rag.text.spelling import (
    distance,
    letters_in,
    letters_of,
    phrases_in,
    same_start,
    spelled_in,
)

FAIR = post(
    5,
    "The county fair",
    section("0", (), "Entries go to the Royal Garden Society (RGS) by June. The RGS gives a cup."),
)
TRAIL = post(
    6,
    "A walk along the demilitarised zone",
    section("0", (), "DMZ trails lie near the thirty-eighth parallel, by 7 gates."),
)


WRITER = replace(FAIR.post, authors=("Ann Cooper",))


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    folder = garden(tmp_path_factory.mktemp("garden") / "index")
    with write_index(folder, HashEmbedder().id) as writer:
        put(writer, replace(FAIR, post=WRITER), HashEmbedder())
        put(writer, TRAIL, HashEmbedder())
        writer.finish()
    with Assistant.open(folder, embedding_model="hash") as opened:
        yield opened


@pytest.mark.parametrize(
    ("word", "other", "expected"),
    [("lettuce", "lettuce", 0), ("letuce", "lettuce", 1), ("lettcue", "lettuce", 1),
     ("lettuces", "lettuce", 1), ("slug", "snail", 3), ("abcd", "dcba", 3)],
)  # fmt: skip
def test_distance_counts_letters(word: str, other: str, expected: int) -> None:
    assert distance(word, other, 2) == expected


@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_distance_is_the_same_both_ways(word: str, other: str) -> None:
    assert distance(word, other, 9) == distance(other, word, 9)
    assert (distance(word, other, 9) == 0) == (word == other)


def test_a_word_begins_as_it_is_meant_to() -> None:
    assert same_start("tomato", "tomatos")
    assert same_start("otmato", "tomato")
    assert not same_start("potato", "tomato")


def test_capital_letters_stand_for_the_words_before_them() -> None:
    text = (
        "the Federal Election Commission (FEC), the National Institute of Standards and "
        "Technology (NIST) and a Plug-and-Play Day (PPD); a word (WORD), Something Else (FEC)"
        " and Öffentliche Bäder Baden (ÖBB)"
    )
    assert spelled_in(text) == [
        ("FEC", "Federal Election Commission"),
        ("NIST", "National Institute of Standards and Technology"),
        ("ÖBB", "Öffentliche Bäder Baden"),
    ]


def test_letters_and_phrases_of_a_question_are_all_that_could_be_meant() -> None:
    assert letters_in("Did the FEC ask AT&T or USDOT? AFAIK_x no, FEC") == [
        "FEC", "AT&T", "USDOT", "AT",
    ]  # fmt: skip
    assert phrases_in("The ex-Royal  Society") == [
        "the", "the ex", "the ex-royal", "the ex-royal  society", "ex", "ex-royal",
        "ex-royal  society", "royal", "royal  society", "society",
    ]  # fmt: skip
    assert len(phrases_in("many words " * 1000)) < 100


def test_a_misspelt_word_is_looked_for_as_it_is_written_in_posts(assistant: Assistant) -> None:
    question = "How many letuces did the bare bed lose?"
    query = assistant.understand(question)
    assert query.searches == (question, "How many lettuces did the bare bed lose?")
    assert query.question == question
    right = "How many lettuces did the bare bed lose?"
    assert assistant.understand(right).searches == (right,)


def test_words_for_posts_and_their_writing_are_no_misspellings(tmp_path: Path) -> None:
    folder = garden(tmp_path / "index")
    with write_index(folder, HashEmbedder().id) as writer:
        gate = post(7, "A gate", section("0", (), "The gate by the lane is painted white."))
        put(writer, gate, HashEmbedder())
        writer.finish()
    with Assistant.open(folder, embedding_model="hash") as assistant:
        assert assistant.understand("Did anybody write about a gate?").reworded is None
        found = assistant.understand("Is the gate paintd white?").reworded
        assert found == "Is the gate painted white?"


@pytest.mark.parametrize("question", ["How big is a zebra?", "Where is Ulan Bator?", "How is wol?"])
def test_a_word_that_is_near_to_none_stays(assistant: Assistant, question: str) -> None:
    assert assistant.understand(question).searches == (question,)


def test_a_form_of_a_word_in_the_posts_is_no_misspelling_of_another(tmp_path: Path) -> None:
    folder = garden(tmp_path / "index")
    text = "Divers and bakers died under a clear sky, by the bus. The sailor was diverse. He rules."
    with write_index(folder, HashEmbedder().id) as writer:
        put(writer, post(7, "A fair", section("0", (), text)), HashEmbedder())
        writer.finish()
    with Assistant.open(folder, embedding_model="hash") as opened:
        lexicon = opened.pipeline.lexicon
        for word in ("dives", "dived", "bakes", "sailing"):
            assert lexicon.nearest(word) is None
        assert opened.understand("Who dives in winter?").reworded is None
        assert [lexicon.nearest(word) for word in ("skies", "buses")] == ["sky", "bus"]
        # What is no form of a word is one letter off, as before.
        assert lexicon.nearest("saylor") == "sailor"
        assert lexicon.nearest("divrse") == "diverse"


def test_capital_letters_are_looked_for_in_full_and_the_other_way_round(
    assistant: Assistant,
) -> None:
    assert assistant.understand("What does the RGS give?").searches[1:] == (
        "What does the Royal Garden Society give?",
    )
    assert assistant.understand("What does the royal garden society give?").searches[1:] == (
        "What does the RGS give?",
    )


def test_what_is_known_follows_the_posts(tmp_path: Path) -> None:
    folder = garden(tmp_path / "index")
    with Assistant.open(folder, embedding_model="hash") as opened:
        assert opened.understand("What is the RGS?").searches == ("What is the RGS?",)
        with write_index(folder, HashEmbedder().id) as writer:
            put(writer, FAIR, HashEmbedder())
            writer.finish()
        assert len(opened.understand("What is the RGS?").searches) == 2


def test_names_are_not_read_again_for_every_step_of_a_sync(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.index.lexicon._SELDOM", 1e9)
    monkeypatch.setattr("rag.index.lexicon._SLOW", 0)
    folder = garden(tmp_path / "index")
    with Assistant.open(folder, embedding_model="hash") as opened:
        lexicon = opened.pipeline.lexicon
        before = lexicon.names
        assert "cooper" not in before.words
        write_fair(folder)
        assert lexicon.spelled_out("RGS") == "Royal Garden Society"
        assert lexicon.names is before
    monkeypatch.setattr("rag.index.lexicon._SLOW", 1e9)
    with Assistant.open(folder, embedding_model="hash") as opened:
        lexicon = opened.pipeline.lexicon
        before = lexicon.names
        assert "cooper" in before.words
        write_fair(folder)
        assert lexicon.names is not before


def test_one_question_reads_the_names_and_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.index.lexicon._SELDOM", 0)
    folder = garden(tmp_path / "index")
    begun, go_on, readings = threading.Event(), threading.Event(), []

    def slowly(catalog: Catalog) -> Choices:
        begun.set()
        assert go_on.wait(20)
        readings.append(threading.current_thread())
        return choices(catalog)

    with Assistant.open(folder, embedding_model="hash") as opened, ThreadPoolExecutor(4) as pool:
        lexicon = opened.pipeline.lexicon
        before = lexicon.names
        write_fair(folder)
        monkeypatch.setattr("rag.index.lexicon.choices", slowly)
        first = pool.submit(lambda: lexicon.names)
        assert begun.wait(20)
        assert pool.submit(lambda: lexicon.names).result(20) is before
        assert lexicon.names is before
        go_on.set()
        assert "cooper" in first.result(20).words
        assert lexicon.names is first.result()
        assert len(readings) == 1


def test_many_questions_at_the_start_read_the_names_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = garden(tmp_path / "index")
    readings = []

    def counted(catalog: Catalog) -> Choices:
        readings.append(1)
        time.sleep(0.1)
        return choices(catalog)

    monkeypatch.setattr("rag.index.lexicon.choices", counted)
    with Assistant.open(folder, embedding_model="hash") as opened, ThreadPoolExecutor(4) as pool:
        lexicon = opened.pipeline.lexicon
        found = [pool.submit(lambda: lexicon.names) for _ in range(4)]
        assert len({id(one.result(20)) for one in found}) == 1
    assert len(readings) == 1


def write_fair(folder: Path) -> None:
    with write_index(folder, HashEmbedder().id) as writer:
        put(writer, replace(FAIR, post=WRITER), HashEmbedder())
        writer.finish()


def test_a_name_is_no_misspelling(assistant: Assistant) -> None:
    assert assistant.pipeline.lexicon.nearest("cooper") == "copper"
    asked = "Does Cooper grow letuces?"
    assert assistant.understand(asked).searches == (asked, "Does Cooper grow lettuces?")


def test_a_question_about_posts_in_general_is_searched_for_as_it_stands(
    assistant: Assistant,
) -> None:
    assert len(assistant.understand("how many posts were pubished?").searches) == 1


@pytest.mark.parametrize(
    ("letters", "text", "words"),
    [
        ("DMZ", "A walk along the demilitarised zone", "demilitarised zone"),
        ("dol", "News of the Department of Labor", "Department of Labor"),
        ("HTML", "Hypertext markup language: tips", "Hypertext markup language"),
        ("IT", "Just in time", ""),
        ("UX", "User experience", ""),
        ("API", "A post in April", ""),
        ("RGS", "The Royal Garden", ""),
    ],
)
def test_letters_stand_for_words_that_begin_with_them(letters: str, text: str, words: str) -> None:
    assert letters_of(letters, text) == words


@pytest.mark.parametrize("letters", ["DMZ", "dmz"])
def test_letters_that_no_bracket_explains_are_looked_up_in_titles(
    assistant: Assistant, letters: str
) -> None:
    searches = assistant.understand(f"How long is the {letters}?").searches
    assert searches[1:] == ("How long is the demilitarised zone?",)
    assert assistant.understand("How long is the ZMD?").reworded is None


@pytest.mark.parametrize(
    ("number", "other"),
    [("38th", "thirty-eighth"), ("12th", "twelfth"), ("20th", "twentieth"),
     ("21st", "twenty-first"), ("112", None), ("8", "eight"),
     ("Forty-two", "42"), ("ninety", "90"), ("umpteenth", None)],
)  # fmt: skip
def test_a_number_has_two_forms(number: str, other: str | None) -> None:
    assert other_form(number) == other
    assert other is None or other_form(other) == number.lower()


def test_parts_of_longer_numbers_have_no_other_form() -> None:
    assert not NUMBER.findall("3.12 on 4-5 May 2024 at 12:30, 90% of $5, v2, 1,5")
    assert NUMBER.findall("the 38th and twenty-one.") == ["38th", "twenty-one"]


def test_a_number_is_looked_for_as_posts_write_it(assistant: Assistant) -> None:
    def reworded(question: str) -> str | None:
        return assistant.understand(question).reworded

    assert reworded("Who drew the 38th parallel?") == "Who drew the thirty-eighth parallel?"
    assert reworded("Where are the seven gates?") == "Where are the 7 gates?"
    assert reworded("Where are the 7 gates?") is None
    assert reworded("Where are the 9 gates?") is None
