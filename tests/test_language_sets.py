"""The bundled questions in several languages, and what is fitted and measured on them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from eval.cases.cases import missing_gold
from eval.fit.differing import least_alike
from eval.fit.languages import beginnings, min_beside_likeliest, min_probability
from eval.fit.words import cross_validate, fit_words, observe_words
from eval.language_sets import (
    CROSS,
    LANGUAGES,
    OTHER,
    TRANSLATED,
    language_assistant,
    questions,
    sample_questions,
)
from eval.languages import Way, language_marks, languages_text, taken_text
from eval.older_newer import bundled_pairs, load_pairs, pairs_text
from rag.assistant import Assistant
from rag.embedding.embedder import HashEmbedder
from rag.index.newer import min_alike
from rag.retrieval.by_words import parse, words_calibration
from rag.settings import load_settings
from rag.text.language import fitted


@pytest.fixture(scope="module")
def assistant() -> Iterator[Assistant]:
    settings = load_settings(embedding_model="hash")
    with language_assistant(settings, embedder=HashEmbedder()) as own:
        yield own


@pytest.mark.parametrize("name", [*LANGUAGES, TRANSLATED, CROSS, OTHER])
def test_every_gold_sentence_stands_in_its_post(assistant: Assistant, name: str) -> None:
    cases = questions(name)
    assert len(cases) == (20 if name in (*LANGUAGES, OTHER) else 10)
    assert missing_gold(cases, assistant.index) == ()


def test_every_post_is_in_the_language_that_it_is_written_in(assistant: Assistant) -> None:
    hosts = {"robledal": "es", "lindenrode": "de", "solnae": "ko", "wakaba": "ja"}
    for post in assistant.index.posts(100):
        host, _, number = post.id.partition(".example/")
        assert post.language == ("en" if len(number) == 3 else hosts.get(host, "en"))


def test_words_alone_find_what_is_asked_in_korean(assistant: Assistant) -> None:
    marks = language_marks(questions("ko"), assistant)["words"]
    assert sum(first for first, _, _ in marks) >= 18
    assert all(among_five for _, among_five, _ in marks)


def test_searching_by_words_is_fitted_on_some_languages_and_measured_on_another(
    assistant: Assistant,
) -> None:
    groups = {name: observe_words(questions(name), assistant) for name in ("ko", "ja")}
    values = fit_words([one for some in groups.values() for one in some]).values()
    own = parse(values)
    assert min(*own.passage.weights, own.sentence.weights[0], own.answerable.weights[0]) > 0
    assert 0 < own.min_answerable < 1
    figures = cross_validate(groups)
    assert figures["recall@1"] > 0.6
    assert figures["answerable_auroc"] > 0.7


def test_the_shipped_weights_are_those_that_were_fitted() -> None:
    assert words_calibration().min_answerable == fitted()["words"]["thresholds"]["min_answerable"]
    assert fitted()["other_language"] > 0
    cases = {name: questions(name) for name in LANGUAGES}
    cases[TRANSLATED] = (*questions(TRANSLATED), *sample_questions())
    assert min_probability(cases) == pytest.approx(fitted()["min_probability"], abs=1e-4)
    beside = min_beside_likeliest(cases)
    assert beside == pytest.approx(fitted()["min_beside_likeliest"], abs=1e-4)


def test_questions_in_languages_that_no_post_is_in_are_taken_for_none(assistant: Assistant) -> None:
    asked = [assistant.understand(case.question) for case in questions(OTHER)]
    assert [one.language for one in asked].count(None) >= 19
    assert [one.preferred for one in asked].count("en") >= 19
    text = taken_text(questions(OTHER)[:2], assistant)
    assert text.startswith("2 questions in languages that no post is in: taken for 2 none; ")


def test_the_beginnings_of_a_question_are_its_first_words_or_signs() -> None:
    assert list(beginnings("Who planted the limes?")) == [
        "Who", "Who planted", "Who planted the",
    ]  # fmt: skip
    assert list(beginnings("図書室は何曜日ですか")) == [
        "図書室",
        "図書室は何曜",
        "図書室は何曜日です",
    ]


def test_one_question_in_a_hundred_may_be_told_that_posts_differ() -> None:
    assert least_alike([0.9, 0.4, *[0.1] * 98]) == 0.41
    assert least_alike([0.5] * 100) == 0.51
    assert 0 < min_alike() < 1


def test_what_a_way_of_searching_earns(assistant: Assistant) -> None:
    case = questions("es")[1]
    gold = case.gold[0]
    assert Way((), gold.post_id, gold.quote).marks(case) == (False, False, True)
    assert Way((), "robledal.example/8", gold.quote).marks(case) == (False, False, False)
    text = languages_text({"es": {"words": [(True, True, False), (False, True, False)]}})
    assert "| es, words |  2 | 0.500" in text


def test_a_table_of_pairs_has_both_groups_and_held_out_pairs_apart() -> None:
    from eval.older_newer import PairGrade

    grades = [
        PairGrade(pair, pair.differs, pair.differs, False, False, ())
        for pair in load_pairs(bundled_pairs())
    ]
    text = " ".join(pairs_text(grades).split())
    for name, share in (("differ", "1.000"), ("control group", "0.000")):
        assert f"| {name} | 20 | {share}" in text
        assert f"| {name}, held out | 20 | {share}" in text
    assert "| name, held out | 3 | 3 |" in text
