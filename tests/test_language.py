"""The language of posts and questions, and what the embedding model can read of each."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from nasty_blog import Blog, blog, entry

from eval.language_sets import LANGUAGES, questions
from rag.assistant import Assistant
from rag.catalog.catalog import Catalog
from rag.catalog.languages import in_other_languages, language_shares, note_shares
from rag.embedding.embedder import HashEmbedder, TokenCount, spelled_out
from rag.settings import load_settings
from rag.text.language import base, beside_likeliest, is_in_none, language_of, likeliest
from rag.types import Query

__all__ = ["blog"]

ENGLISH = "<p>Water the beans early in the morning, because the sun is hot by noon.</p>"
GERMAN = "<p>Gieße die Bohnen früh am Morgen, weil die Sonne am Mittag sehr heiß ist.</p>"
KOREAN = "<p>콩은 아침 일찍 물을 주세요. 한낮에는 햇볕이 너무 뜨겁습니다.</p>"


class KnowsNoHangul(HashEmbedder):
    """As a model whose vocabulary has Hangul letter by letter."""

    def count_tokens(self, texts: Sequence[str]) -> TokenCount:
        text = " ".join(texts)
        spans = [(i, i + 1) for i, sign in enumerate(text) if "가" <= sign <= "힣"]
        return TokenCount(len(text.split()) + len(spans), 0, spelled_out(text, spans))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_language_of_a_question_is_found_among_those_of_the_posts(language: str) -> None:
    found = [language_of(case.question, (*LANGUAGES, "en")) for case in questions(language)]
    assert found.count(language) >= 19
    assert set(found) <= {language, None}


@pytest.mark.parametrize("text", ["", "1998", "?!", "Do", "Wie", "IBM"])
def test_what_says_too_little_is_in_no_language(text: str) -> None:
    assert language_of(text, (*LANGUAGES, "en")) is None


@pytest.mark.parametrize(
    "text",
    ["Où se trouve la gare ?", "Quando foi assinado o armistício?",
     "Quando la Cina e la Corea hanno stabilito relazioni?", "Waar komt het gele stof vandaan?"],
)  # fmt: skip
def test_what_only_looks_like_a_language_of_the_posts_is_in_none_of_them(text: str) -> None:
    among = ("en", "es", "de")
    found = likeliest(text, among)
    assert found
    assert beside_likeliest(text, found[0]) < 0.05
    assert language_of(text, among) is None
    assert is_in_none(text, among)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_question_is_not_taken_out_of_its_own_language(language: str) -> None:
    among = (*LANGUAGES, "en")
    assert not any(is_in_none(case.question, among) for case in questions(language))
    assert not is_in_none("1998?", among)  # nothing is known of it


def test_a_probability_is_that_among_the_languages_that_come_into_question() -> None:
    assert likeliest("Wer hat die Linden gepflanzt?", ("de",)) == ("de", 1.0)
    assert likeliest("2024", ("de",)) is None


@pytest.mark.parametrize(
    ("tag", "own"),
    [("pt-BR", "pt"), ("zh_TW", "zh"), ("nb", "no"), ("EN", "en"), ("", None), (None, None)],
)
def test_a_language_without_its_country(tag: str | None, own: str | None) -> None:
    assert base(tag) == own


def test_a_post_that_does_not_say_its_language_has_that_of_its_text(blog: Blog) -> None:
    posts = [entry(ENGLISH, 1), entry(GERMAN, 2), entry(KOREAN, 3), entry("<p>1 2 3</p>", 4)]
    blog.sync(blog.save("posts.json", [*posts, entry(GERMAN, 5, lang="de-AT")]))
    assert {post.id.rpartition("/")[2]: post.language for post in blog.posts} == {
        "1": "en", "2": "de", "3": "ko", "4": None, "5": "de-AT",
    }  # fmt: skip


def test_a_post_is_not_changed_by_a_language_that_was_told_before(blog: Blog) -> None:
    file = blog.save("posts.json", [entry(GERMAN, 1, lang="nl"), entry(ENGLISH, 2)])
    blog.sync(file)
    report = blog.sync(blog.save("posts.json", [entry(GERMAN, 1), entry(ENGLISH, 2)]))
    assert report.unchanged == 2
    assert {post.language for post in blog.posts} == {"nl", "en"}


def test_words_of_which_each_letter_is_a_token_are_spelled_out() -> None:
    assert spelled_out("ab cdef", [(0, 2), (3, 4), (4, 5), (5, 6), (6, 7)]) == 4
    assert spelled_out("cdef", [(0, 2), (2, 4)]) == 0
    assert spelled_out("図書館", [(0, 1), (1, 2), (2, 3)]) == 0


def site(folder: Path, **settings: Any) -> Path:
    posts = [entry(html, number) for number, html in enumerate((ENGLISH, GERMAN, KOREAN), 1)]
    (folder / "posts.json").write_text(json.dumps(posts), encoding="utf-8")
    from ingest.sync import sync

    own = load_settings(index=folder / "index", embedding_model="hash", **settings)
    report = sync([str(folder / "posts.json")], own, embedder=KnowsNoHangul())
    unread = {one.language: one.is_unread for one in report.languages}
    assert unread == {"en": False, "de": False, "ko": True}
    return own.index


def test_the_share_of_what_the_model_cannot_read_is_told_by_language(tmp_path: Path) -> None:
    with closing(Catalog(site(tmp_path))) as catalog:
        shares = {one.language: one for one in language_shares(catalog)}
        assert shares["ko"].seen.spelled > 0
        assert shares["en"].share == 0
        note_shares(catalog, HashEmbedder())
        assert not any(one.is_unread for one in language_shares(catalog))


def test_passages_of_other_languages_are_told_apart(tmp_path: Path) -> None:
    with Assistant(load_settings(index=site(tmp_path), embedding_model="hash")) as assistant:
        ids = list(assistant.index.search(HashEmbedder().embed_question("x").question, 9))
        other = in_other_languages(assistant.index.catalog, ids, "de")
        assert (len(ids), len(other)) == (3, 2)


def test_a_language_that_the_model_cannot_read_is_searched_by_words_and_quoted(
    tmp_path: Path,
) -> None:
    settings = load_settings(index=site(tmp_path), embedding_model="hash")
    with Assistant(settings) as assistant:
        answer = assistant.ask("콩은 언제 물을 주나요?")
        assert answer.query.language == "ko"
        assert answer.sentences[0].text == "콩은 아침 일찍 물을 주세요."
        assert answer.provenance.writer == "quotes"
        assert any("embedding_model" in warning for warning in answer.warnings)
        english = assistant.ask("When do I water the beans in the morning?")
        assert english.query.language == "en"
        assert not any("embedding_model" in warning for warning in english.warnings)


def test_posts_of_the_sites_main_language_come_first_for_a_language_that_no_post_is_in(
    blog: Blog,
) -> None:
    spanish = "<p>La biblioteca de Robledal abrió en 1998 cerca de la estación.</p>"
    english = "<p>The library of Robledal opened in 1998 near the station.</p>"
    posts = [entry(ENGLISH, 1), entry(english, 2), entry(spanish, 3, lang="es")]
    blog.sync(blog.save("posts.json", posts))
    with Assistant(load_settings(index=blog.index, embedding_model="hash")) as assistant:

        def relevances(query: Query) -> dict[str | None, float]:
            hits = assistant.retrieve(query).hits
            return {hit.passage.post.language: hit.relevance for hit in reversed(hits)}

        french = assistant.understand("Quand la bibliothèque de Robledal a-t-elle été ouverte ?")
        assert (french.language, french.preferred) == (None, "en")
        before = relevances(replace(french, preferred=None))
        after = relevances(french)
        assert after["es"] < before["es"]
        assert after["en"] == before["en"]
        own = assistant.understand("¿Cuándo abrió la biblioteca de Robledal cerca de la estación?")
        assert (own.language, own.preferred) == ("es", "es")
        unsure = assistant.understand("Robledal 1998?")
        assert unsure.language is None


def test_nothing_is_said_in_a_language_where_no_word_is_found(tmp_path: Path) -> None:
    settings = load_settings(index=site(tmp_path), embedding_model="hash")
    with Assistant(settings) as assistant:
        answer = assistant.ask("지하철역은 어디에 있습니까?")
        assert not answer.answered
        assert any("embedding_model" in warning for warning in answer.warnings)


def test_the_language_of_a_question_is_no_matter_where_there_is_one_that_is_read(
    blog: Blog,
) -> None:
    blog.sync(blog.save("posts.json", [entry(ENGLISH, 1)]))
    with Assistant(load_settings(index=blog.index, embedding_model="hash")) as assistant:
        assert assistant.understand("Wann gieße ich die Bohnen?").language is None
