from __future__ import annotations

import json
import tarfile
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from tests_shared import SHARED, needs_shared

from eval.cases.cases import missing_gold
from eval.cases.gold import normalise
from eval.corpora.by_name import open_corpus
from eval.corpora.corpus import Corpus, plain_post
from eval.corpora.index import corpus_index, post_texts
from eval.corpora.read import sentence_of, untokenised
from eval.seen import LATE, READER, SHARES, WEIGHTS, is_graded, seen_text
from rag.embedding.embedder import HashEmbedder
from rag.errors import ConfigError, SourceError
from rag.index.index import Index
from rag.settings import Settings
from rag.types import Turn
from ui.commands.sample import sample_cases

KEPT, TRAINED = ([str(n) for n in range(20) if is_graded(str(n)) == kept] for kept in (True, False))
SOW = "Sow beans in May , after the frost ."
KEEP = "Dry seed keeps for three years ."
PARAGRAPH = "Beans climb. They were sown in 1956, as they say. Peas do not climb."


def lines(file: Path, *entries: dict[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(json.dumps(entry) for entry in entries), encoding="utf-8")


def clap(folder: Path) -> Path:
    beans = {"title": "Beans", "text": "", "sentences": [SOW, KEEP]}
    peas = {"title": "Peas", "text": "", "sentences": ["Peas like the cold ."]}
    leeks = {"title": "Leeks", "text": "", "sentences": ["Leeks stay out ."]}
    answer, other = (
        {"answer": "x", "selected_sentences": sentences} for sentences in ([SOW], [SOW, KEEP])
    )
    lines(
        folder / "clapnq_dev_answerable.jsonl",
        {
            "id": KEPT[0],
            "input": "when are beans sown",
            "passages": [beans],
            "output": [answer, other],
        },
        {"id": KEPT[1], "input": "when do beans go out", "passages": [beans], "output": [answer]},
    )
    none = {"answer": "", "selected_sentences": []}
    lines(
        folder / "clapnq_dev_unanswerable.jsonl",
        {"id": KEPT[2], "input": "who found peas", "passages": [peas], "output": [none]},
        {"id": TRAINED[0], "input": "who eats leeks", "passages": [leeks], "output": [none]},
    )
    return folder


def squad(folder: Path, *, articles: Sequence[str] = ("Bean_poles", "Peas")) -> Path:
    with tarfile.open(folder / "squad_articles.tar.gz", "w:gz") as archive:
        for title in articles:
            text = f"{title} are here.\n{PARAGRAPH}\n".encode()
            member = tarfile.TarInfo(f"squad_articles/{title}.txt")
            member.size = len(text)
            archive.addfile(member, BytesIO(text))
    asked = {
        "id": "q",
        "question": "When?",
        "answers": [{"text": "1956", "answer_start": PARAGRAPH.index("1956")}],
    }
    paragraph = {"context": PARAGRAPH, "qas": [asked]}
    data = {"data": [{"title": "Peas", "paragraphs": [paragraph]}], "version": "1.1"}
    (folder / "xquad.en.json").write_text(json.dumps(data, indent=1), encoding="utf-8")
    return folder


def beir(folder: Path) -> Path:
    lines(
        folder / "corpus.jsonl",
        {"_id": "d-a", "title": "Beans", "text": "Sow in May.", "metadata": {}},
        {"_id": "d-b", "title": "", "text": "Peas like the cold."},
    )
    lines(
        folder / "queries.jsonl",
        {"_id": "q-1", "text": "beans and peas"},
        {"_id": "q-2", "text": "not judged"},
    )
    (folder / "qrels").mkdir()
    (folder / "qrels" / "test.tsv").write_text(
        "query-id\tcorpus-id\tscore\nq-1\td-b\t2\nq-1\td-a\t1\nq-2\td-a\t0\n", encoding="utf-8"
    )
    return folder


def mtrag(folder: Path) -> Path:
    user, agent = ({"speaker": one, "text": f"{one} speaks"} for one in ("user", "agent"))
    last = {"speaker": "user", "text": "and peas?"}
    peas = {"document_id": "a-0-9", "title": "Peas", "text": "Peas\nThey like the cold."}
    bare = {"document_id": "b-0-9", "text": "\nBeans do not."}
    lines(
        folder / "mtragun_dev.jsonl",
        {"task_id": "t1", "contexts": [peas, bare], "input": [user, agent, last],
         "answerability": ["PARTIAL"], "targets": []},
        {"task_id": "t2", "contexts": [bare], "input": [last], "answerability": ["UNDERSPECIFIED"]},
        {"task_id": "t3", "contexts": [], "input": [last], "answerability": ["UNANSWERABLE"]},
    )  # fmt: skip
    return folder


def test_a_passage_of_clapnq_that_stands_twice_is_one_post(tmp_path: Path) -> None:
    corpus = open_corpus("clapnq", clap(tmp_path))
    assert isinstance(corpus.posts, tuple)
    assert [post.title for post in corpus.posts] == ["Beans", "Peas", "Leeks"]
    first, second, none = corpus.cases
    assert {gold.post_id for gold in (*first.gold, *second.gold)} == {"small.example/1"}
    assert not none.answerable


def test_every_sentence_that_somebody_chose_is_right(tmp_path: Path) -> None:
    first = open_corpus("clapnq", clap(tmp_path)).cases[0]
    assert [gold.quote for gold in first.gold] == [untokenised(SOW), untokenised(KEEP)]
    assert len(first.parts) == 1
    assert first.answer == "x"


def test_questions_that_the_reader_was_trained_on_are_asked_if_all_are_wanted(
    tmp_path: Path,
) -> None:
    kept, every = (open_corpus("clapnq", clap(tmp_path), every=one) for one in (False, True))
    assert [case.id for case in kept.cases] == KEPT[:3]
    assert [case.id for case in every.cases] == [*KEPT[:3], TRAINED[0]]
    assert kept.posts == every.posts
    assert "kept aside" in kept.name
    assert "kept aside" not in every.name
    assert {one.on for one in kept.seen} == {"the other half of its development part"}
    assert {one.on for one in every.seen} == {"half of its development part"}


def test_tokens_become_text_again() -> None:
    assert untokenised("a one - year `` season '' -- seven ( 7 ) , it 's") == (
        'a one-year "season" – seven (7), it\'s'
    )


def test_the_gold_of_xquad_is_the_sentence_of_the_answer(tmp_path: Path) -> None:
    corpus = open_corpus("xquad", squad(tmp_path))
    (case,) = corpus.cases
    assert [gold.quote for gold in case.gold] == ["They were sown in 1956, as they say."]
    assert case.must_include == (("1956",),)
    assert case.gold[0].post_id == "small.example/2"
    assert isinstance(corpus.posts, tuple)
    assert [post.title for post in corpus.posts] == ["Bean poles", "Peas"]
    assert corpus.posts[1].sections[0].text.split("\n") == ["Peas are here.", PARAGRAPH]


def test_an_answer_over_two_sentences_has_both() -> None:
    start = PARAGRAPH.index("climb")
    assert sentence_of(PARAGRAPH, start, start + 11) == (
        "Beans climb. They were sown in 1956, as they say."
    )


def test_an_article_that_is_asked_about_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no article 'Peas'"):
        open_corpus("xquad", squad(tmp_path, articles=["Bean_poles"]))


def test_a_question_of_beir_needs_every_relevant_document(tmp_path: Path) -> None:
    corpus = open_corpus("beir", beir(tmp_path))
    (case,) = corpus.cases
    assert corpus.whole_posts
    assert [[gold.post_id for gold in part] for part in case.parts] == [
        ["small.example/2"],
        ["small.example/1"],
    ]


def test_a_judgment_of_beir_that_names_no_document_is_told_by_its_line(tmp_path: Path) -> None:
    file = beir(tmp_path) / "qrels" / "test.tsv"
    file.write_text(file.read_text(encoding="utf-8") + "q-1\td-c\t1\n", encoding="utf-8")
    with pytest.raises(SourceError) as caught:
        open_corpus("beir", tmp_path)
    assert "line 5: no document 'd-c'" in caught.value.hint


def test_judgments_of_beir_that_are_not_there_are_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"dev\.tsv cannot be read"):
        open_corpus("beir", beir(tmp_path), split="dev")


def test_the_last_thing_said_is_the_question_of_mtrag(tmp_path: Path) -> None:
    corpus = open_corpus("mtrag", mtrag(tmp_path))
    first, none = corpus.cases
    assert first.question == "and peas?"
    assert first.history == (Turn("user speaks", "agent speaks"),)
    assert [gold.post_id for gold in first.gold] == ["small.example/1", "small.example/2"]
    assert (none.id, none.answerable) == ("t3", False)
    assert isinstance(corpus.posts, tuple)
    assert corpus.posts[0] == plain_post("Peas", "They like the cold.")


def test_a_site_needs_questions(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="needs questions"):
        open_corpus("site", tmp_path)


def test_an_unknown_collection_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        open_corpus("trec", tmp_path)
    assert "clapnq" in caught.value.hint


def test_a_file_in_another_form_is_told_by_its_line(tmp_path: Path) -> None:
    lines(clap(tmp_path) / "clapnq_dev_answerable.jsonl", {"id": "1", "input": "q", "passages": []})
    with pytest.raises(SourceError) as caught:
        open_corpus("clapnq", tmp_path)
    assert "line 1: output" in caught.value.hint


def test_an_index_is_made_once_for_the_same_posts(tmp_path: Path) -> None:
    embedder, settings = HashEmbedder(), Settings(embedding_model="hash")
    corpus = open_corpus("xquad", squad(tmp_path))
    folder = corpus_index(corpus, tmp_path / "cache", settings, embedder)
    catalog = folder / "catalog.sqlite3"
    before = catalog.stat().st_mtime_ns
    assert corpus_index(corpus, tmp_path / "cache", settings, embedder) == folder
    assert catalog.stat().st_mtime_ns == before
    shorter = settings.model_copy(update={"passage_tokens": 64})
    assert corpus_index(corpus, tmp_path / "cache", shorter, embedder) != folder


def test_all_that_posts_say_is_given_to_other_systems(tmp_path: Path) -> None:
    corpus = open_corpus("xquad", squad(tmp_path))
    settings = Settings(embedding_model="hash")
    with_index = Index(corpus_index(corpus, tmp_path / "cache", settings, HashEmbedder()))
    first, second = post_texts(with_index)
    assert first.post_id == "small.example/1"
    assert second.text == f"Peas\n\nPeas are here.\n{PARAGRAPH}"
    assert missing_gold(corpus.cases, with_index) == ()
    with_index.close()


def gold_that_no_post_holds(corpus: Corpus) -> list[str]:
    assert isinstance(corpus.posts, tuple)
    texts = [normalise(post.sections[0].text) for post in corpus.posts]
    return [
        gold.quote
        for case in corpus.cases
        for gold in case.gold
        if normalise(gold.quote) not in texts[int(gold.post_id.rpartition("/")[2]) - 1]
    ]


@needs_shared
@pytest.mark.parametrize(
    ("name", "posts", "answerable"), [("clapnq", 596, 133), ("xquad", 490, 1190)]
)
def test_published_files_are_read_with_all_of_their_gold(
    name: str, posts: int, answerable: int
) -> None:
    corpus = open_corpus(name, SHARED / "data" / name)
    assert isinstance(corpus.posts, tuple)
    assert len(corpus.posts) == posts
    assert sum(case.answerable for case in corpus.cases) == answerable
    assert gold_that_no_post_holds(corpus) == []


@needs_shared
def test_the_published_file_of_mtrag_is_read() -> None:
    corpus = open_corpus("mtrag", SHARED / "data" / "mtrag")
    assert isinstance(corpus.posts, tuple)
    assert len(corpus.posts) == 605
    assert sum(case.answerable for case in corpus.cases) == 159
    assert sum(not case.answerable for case in corpus.cases) == 52


def test_a_corpus_says_which_parts_were_fitted_on_its_family(tmp_path: Path) -> None:
    parts = {
        "clapnq": {READER, SHARES}, "xquad": {READER, LATE}, "mtrag": set(), "beir": set(),
    }  # fmt: skip
    makers = {"clapnq": clap, "xquad": squad, "mtrag": mtrag, "beir": beir}
    for name, made in makers.items():
        folder = tmp_path / name
        folder.mkdir()
        assert {one.part for one in open_corpus(name, made(folder)).seen} == parts[name]


def test_a_file_of_cases_that_weights_were_fitted_on_is_told(tmp_path: Path) -> None:
    source = tmp_path / "posts.json"
    source.write_text("[]", encoding="utf-8")
    unseen = sample_cases("hostile")
    fitted = unseen.with_name("blog_18f.jsonl")
    seen = open_corpus("site", source, cases=[unseen, fitted]).seen
    assert seen_text(seen, {WEIGHTS}) == "weights and thresholds, on blog_18f.jsonl itself"
    assert seen_text(seen, {READER}) == ""
    mixed = tmp_path / "mixed.jsonl"
    lines = fitted.read_text("utf-8").splitlines()[:3]
    mixed.write_text("\n".join([*lines, *unseen.read_text("utf-8").splitlines()]), "utf-8")
    seen = open_corpus("site", source, cases=[mixed]).seen
    told = "weights and thresholds, on 3 of the 30 questions of mixed.jsonl"
    assert seen_text(seen, {WEIGHTS}) == told
