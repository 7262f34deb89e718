from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from math import log2
from pathlib import Path

import numpy as np
import pytest
from eval_parts import COPPER, WOOL, case
from small_site import garden
from test_corpora import beir

from eval import retrieval_table
from eval.cases.cases import Case
from eval.cases.gold import Gold, RetrievedText
from eval.corpora.by_name import open_corpus
from eval.corpora.corpus import Corpus
from eval.corpora.index import PostText
from eval.retrieval_table import ask_all, first_characters, grade_texts, retrieval_tables
from eval.seen import SHARES, WEIGHTS, Seen
from eval.small_index import SITE
from eval.systems.in_index import fused
from eval.systems.retrievers import langchain_default, llamaindex_default, load_system
from eval.systems.text_vectors import TextVectors
from rag.assistant import Assistant
from rag.embedding.embedder import HashEmbedder
from rag.errors import ConfigError, IndexDamaged
from rag.settings import Settings
from rag.types import Turn, Vectors

POSTS = (
    PostText("garden.example/1", "Tomatoes", "Tomatoes\n\nSow tomatoes before the last frost."),
    PostText("garden.example/2", "Slugs", "Slugs\n\nWool mulch kept forty lettuces from slugs."),
)
RIGHT = RetrievedText("garden.example/2", WOOL.quote)
WRONG = RetrievedText("garden.example/2", "x" * 100)


def hash_vectors(texts: Sequence[str]) -> Vectors:
    embedder = HashEmbedder()
    return np.stack([embedder.embed_question(text).question for text in texts])


def by_title(posts: Sequence[PostText]) -> Callable[[str], Iterable[tuple[str, str]]]:
    """A system of somebody's own: posts whose title has a word of the question."""

    def ask(question: str) -> Iterator[tuple[str, str]]:
        words = set(question.lower().split())
        return ((p.post_id, p.text) for p in posts if words & set(p.title.lower().split()))

    return ask


@contextmanager
def gardener(tmp_path: Path) -> Iterator[Assistant]:
    settings = Settings(index=garden(tmp_path / "index"), embedding_model="hash")
    with Assistant(settings, embedder=HashEmbedder()) as assistant:
        yield assistant


def found(name: str, assistant: Assistant, question: str, *history: Turn) -> list[RetrievedText]:
    search = load_system(name, assistant, POSTS, embed=hash_vectors, cache=Path("unused"))
    return list(search(question, history))


@pytest.mark.parametrize("name", ["ours", "ours-unread", "words", "meaning", "both"])
def test_ways_of_our_own_find_passages_with_their_posts(name: str, tmp_path: Path) -> None:
    with gardener(tmp_path) as assistant:
        first = found(name, assistant, "wool mulch lettuces")[0]
    assert first.post_id == "garden.example/2"
    assert "wool mulch" in first.text


def test_only_ours_is_told_the_conversation(tmp_path: Path) -> None:
    turn = Turn("How do slugs fare with wool mulch?")
    with gardener(tmp_path) as assistant:
        for name in ("words", "meaning", "both"):
            alone = found(name, assistant, "And copper tape?")
            assert found(name, assistant, "And copper tape?", turn) == alone
        ours = found("ours", assistant, "And it?", turn)
    assert any("wool" in one.text for one in ours)


def test_what_is_good_in_both_lists_comes_first() -> None:
    assert fused([["a", "b", "c"], ["d", "b"]]) == ["b", "a", "d", "c"]


def test_a_system_can_be_any_function(tmp_path: Path) -> None:
    with gardener(tmp_path) as assistant:
        (only,) = found("test_retrieval_table:by_title", assistant, "slugs and what to do")
    assert only == RetrievedText(POSTS[1].post_id, POSTS[1].text)


@pytest.mark.parametrize("name", ["no_such_module:f", "test_retrieval_table:nothing", "ours2", ""])
def test_a_system_that_is_not_there_is_refused(name: str, tmp_path: Path) -> None:
    with gardener(tmp_path) as assistant, pytest.raises(ConfigError) as caught:
        found(name, assistant, "slugs")
    assert "langchain-default" in caught.value.hint


def test_a_system_without_its_package_is_told_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("langchain_chroma", "langchain_text_splitters"):
        monkeypatch.setitem(sys.modules, name, None)
    with gardener(tmp_path) as assistant, pytest.raises(ConfigError) as caught:
        found("langchain-default", assistant, "slugs")
    assert "langchain_chroma" in caught.value.problem
    assert "opponents" in caught.value.hint


def test_langchain_finds_the_chunk_and_its_post() -> None:
    pytest.importorskip("langchain_chroma", reason="dependency group opponents")
    pytest.importorskip("langchain_text_splitters", reason="dependency group opponents")
    long = PostText("garden.example/3", "Long", "Long\n\n" + "Peas climb high. " * 100)
    ask = langchain_default([*POSTS, long], hash_vectors, hash_vectors, 10)
    chunks = list(ask("wool mulch lettuces slugs"))
    assert chunks[0] == (POSTS[1].post_id, POSTS[1].text)
    assert len(chunks) > 3
    assert max(len(text) for _, text in chunks) <= 1000


def test_llamaindex_finds_the_chunk_and_its_post() -> None:
    pytest.importorskip("llama_index.core", reason="dependency group opponents")
    ask = llamaindex_default(POSTS, hash_vectors, hash_vectors, 1)
    assert list(ask("wool mulch lettuces slugs")) == [(POSTS[1].post_id, POSTS[1].text)]


def test_texts_are_embedded_once(tmp_path: Path) -> None:
    asked: list[str] = []

    def embed(texts: Sequence[str]) -> Vectors:
        asked.extend(texts)
        return hash_vectors(texts)

    file = tmp_path / "folder" / "vectors.npz"
    first = TextVectors(embed, file)(["wool", "copper", "wool"])
    again = TextVectors(embed, file)(["copper", "peas"])
    assert asked == ["wool", "copper", "peas"]
    assert np.array_equal(first, hash_vectors(["wool", "copper", "wool"]))
    assert np.array_equal(again, hash_vectors(["copper", "peas"]))


def test_a_question_is_graded_by_rank_and_by_characters() -> None:
    one = case("wool", WOOL)
    assert grade_texts(one, [WRONG, RIGHT], whole_posts=False) == (
        0, 1, 1, 1 / 2, (1 / log2(3)) / (1 / log2(2)), 1,
    )  # fmt: skip
    long = RetrievedText("garden.example/2", "x" * 3990)
    assert grade_texts(one, [long, RIGHT], whole_posts=False)[-1] == 0


def test_the_last_text_is_cut_off() -> None:
    texts = first_characters([WRONG, RIGHT, WRONG], 110)
    assert [len(one.text) for one in texts] == [100, 10]


def test_a_post_counts_once_where_posts_are_gold() -> None:
    two = Case("q", "multi", "q?", gold=(Gold("garden.example/2", "", ""), Gold("9", "", "")))
    graded = grade_texts(two, [WRONG, WRONG, RetrievedText("a.example/9", "y")], whole_posts=True)
    assert graded == (1 / 2, 1, 1, 1, 1)


def test_a_table_names_every_system_and_its_difference_to_ours(tmp_path: Path) -> None:
    corpus = open_corpus("beir", beir(tmp_path))
    text = retrieval_tables(
        corpus, ["ours", "words"], tmp_path / "cache", settings=Settings(embedding_model="hash")
    )
    assert "2 posts" in text
    assert "| ranking (n 1)" in text
    assert "| words − ours" in text
    assert "characters |" not in text


def test_a_question_that_cannot_be_asked_finds_nothing_and_is_named(tmp_path: Path) -> None:
    corpus = open_corpus("beir", beir(tmp_path))
    long = Case("too long", "multi", "bean " * 999, gold=corpus.cases[0].gold)
    both = Corpus("", "", "", (), corpus.posts, (*corpus.cases, long), whole_posts=True)
    text = retrieval_tables(
        both, ["ours"], tmp_path / "cache", settings=Settings(embedding_model="hash")
    )
    assert "ours failed on 1 question:" in text
    assert ": too long" in text
    assert "(n 2)" in text


def breaks(posts: Sequence[PostText]) -> Callable[[str], Iterable[tuple[str, str]]]:
    """A system that breaks in a way of its own, or gives something else than texts."""

    def ask(question: str) -> Iterable[tuple[str, str]]:
        if "slugs" in question:
            raise IndexDamaged("its own index", hint="none of ours")
        if "copper" in question:
            return [(posts[0].post_id, None)]  # type: ignore[list-item]
        if "wool" in question:
            raise KeyError("wool")
        return [(posts[0].post_id, posts[0].text)]

    return ask


def test_a_broken_system_fails_by_question_and_the_comparison_goes_on(tmp_path: Path) -> None:
    corpus = open_corpus("beir", beir(tmp_path))
    asked = ("slugs", "copper", "wool", "wool too", "beans")
    gold = (Gold(f"{SITE}/1", "", ""),)
    cases = tuple(Case(f"q-{one}", "multi", one, gold=gold) for one in asked)
    text = retrieval_tables(
        replace(corpus, cases=cases),
        ["words", "test_retrieval_table:breaks"],
        tmp_path / "cache",
        settings=Settings(embedding_model="hash"),
    )
    assert "test_retrieval_table:breaks failed on 4 questions:" in text
    assert "- IndexDamaged: its own index none of ours: q-slugs" in text
    assert "- KeyError: 'wool': q-wool, q-wool too" in text
    assert "are not the id of a post and a text: q-copper" in text
    (row,) = (
        line for line in text.splitlines() if line.startswith("| test_retrieval_table:breaks  ")
    )
    assert row.split("|")[2].split()[0] == "0.200"


def nothing_at_all(_posts: Sequence[PostText]) -> Callable[[str], Iterable[tuple[str, str]]]:
    """A system that cannot be given the posts."""
    raise RuntimeError("no room")


def test_a_system_that_breaks_over_the_posts_fails_at_every_question(tmp_path: Path) -> None:
    text = retrieval_tables(
        open_corpus("beir", beir(tmp_path)),
        ["words", "test_retrieval_table:nothing_at_all"],
        tmp_path / "cache",
        settings=Settings(embedding_model="hash"),
    )
    assert "- It broke over the posts: RuntimeError: no room: q-1" in text
    assert "| words " in text


def test_a_damaged_index_of_ours_ends_the_comparison() -> None:
    def search(_question: str, _history: object) -> Sequence[RetrievedText]:
        raise IndexDamaged("It is damaged.", hint="Repair it.")

    with pytest.raises(IndexDamaged):
        ask_all(search, [case("wool", WOOL)])


def test_systems_that_were_fitted_on_the_family_are_marked(tmp_path: Path) -> None:
    corpus = replace(
        open_corpus("beir", beir(tmp_path)),
        seen=(Seen(WEIGHTS, "these questions"), Seen(SHARES, "them too")),
    )
    text = retrieval_tables(
        corpus, ["words", "ours"], tmp_path / "cache", settings=Settings(embedding_model="hash")
    )
    assert "| ours, seen family " in text
    assert "| words − ours, seen family " in text
    assert "| words " in text
    assert text.endswith(
        "ours: **Seen family**, no headline figures; fitted were: weights and thresholds, on these"
        " questions."
    )


def test_follow_ups_are_told_apart(tmp_path: Path) -> None:
    source = tmp_path / "posts.json"
    source.write_text(
        '[{"id": 2, "link": "https://garden.example/slugs/", "type": "post", "status": "publish",'
        ' "guid": {"rendered": "https://garden.example/?p=2"}, "date_gmt": "2024-01-01T12:00:00",'
        ' "title": {"rendered": "Slugs"}, "content": {"rendered": "<p>Copper tape made no'
        ' difference. The bed with wool mulch lost three of forty lettuces.</p>"}}]',
        encoding="utf-8",
    )
    questions = (case("wool", WOOL), Case("c", "followup", "and?", (Turn("q"),), gold=(COPPER,)))
    corpus = Corpus("small", "", "", (), source, questions)
    text = retrieval_tables(
        corpus, ["words"], tmp_path / "cache", settings=Settings(embedding_model="hash")
    )
    first, _, second = text.partition("Without the questions that follow on")
    assert "(n 2)" in first
    assert "(n 1)" in second
    assert "Recall in 4,000 characters" in first


def test_a_mistake_ends_with_two_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "argv", ["table", "site", "--data", str(tmp_path)])
    assert retrieval_table.main() == 1
    assert capsys.readouterr().err == "A site needs questions.\nName them with --cases FILE.\n"
    logging.getLogger("eval").setLevel(logging.NOTSET)
