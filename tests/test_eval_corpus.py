"""`pullquote eval --corpus`: public collections with the evaluation of one's own cases."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
from eval_parts import LINE, WOOL, answer, case, cited, file_of, hit
from pydantic import SecretStr
from small_site import garden
from test_corpora import beir, clap, mtrag, squad
from typer.testing import CliRunner, Result

from eval.cases.cases import fingerprint, load_cases, missing_gold, resolve_gold
from eval.cases.check import check_cases
from eval.cases.gold import Gold
from eval.citations import grade_citations
from eval.corpora.as_cases import as_cases, unseen
from eval.corpora.by_name import CORPORA, open_corpus
from eval.corpora.index import corpus_settings
from eval.fitted import question_hash
from eval.retrieval import found_at, grade_ranking
from eval.seen import LATE, READER, SHARES, WEIGHTS, parts_of
from eval.small_index import SmallPost, SmallSection, small_assistant
from rag.assistant import Assistant
from rag.embedding.embedder import HashEmbedder
from rag.errors import SourceError
from rag.index.index import Index
from rag.settings import BUNDLED_MODEL, Settings
from ui.cli import app
from ui.commands import cli_eval

WHOLE = Gold("garden.example/2", "", "")
FITTED = "share of further sentences, on the other half of its development part"


@pytest.fixture(autouse=True)
def hash_embedder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULLQUOTE_EMBEDDING_MODEL", "hash")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["eval", *map(str, arguments)])


def asked(tmp_path: Path, name: str, data: Path, *more: object) -> tuple[Result, dict[str, Any]]:
    out = tmp_path / f"report-{name}"
    done = run(
        "--corpus", name, "--data", data, "--cache", tmp_path / "cache", "--out", out, *more
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    return done, json.loads((out / "report.json").read_text(encoding="utf-8"))


def test_a_collection_is_graded_end_to_end_with_all_reports(tmp_path: Path) -> None:
    done, report = asked(tmp_path, "clapnq", clap(tmp_path))
    assert "Apache-2.0, from https://github.com/primeqa/clapnq" in done.stderr
    assert "clapnq_dev_answerable.jsonl" in done.stderr
    made = report["made_with"]
    assert (made["case_file"], made["posts"], made["seen_family"]) == ("clapnq.jsonl", 3, FITTED)
    assert report["figures"]["Recall@1"]["n"] == 2
    assert report["figures"]["answered, of the answerable"]["n"] == 2
    assert report["figures"]["refused, of the unanswerable"]["n"] == 1
    assert not report["missing_gold"]
    _, same = asked(tmp_path, "clapnq", tmp_path)
    assert same["cases"] == report["cases"]
    assert len(list((tmp_path / "cache").iterdir())) == 2  # one index, one file of cases


def test_every_report_says_that_the_family_was_seen(tmp_path: Path) -> None:
    done, _ = asked(tmp_path, "clapnq", clap(tmp_path))
    out = tmp_path / "report-clapnq"
    assert f"**Seen family**, no headline figures; fitted were: {FITTED}." in done.stdout
    assert f"**Seen family**, no headline figures; fitted were: {FITTED}." in (
        out / "report.md"
    ).read_text(encoding="utf-8")
    assert f"<b>Seen family</b>, no headline figures; fitted were: {FITTED}." in (
        out / "report.html"
    ).read_text(encoding="utf-8")
    (held,) = ElementTree.parse(out / "junit.xml").getroot().iter("property")
    assert (held.get("name"), held.get("value")) == ("seen family", FITTED)


def test_documents_as_gold_are_graded_by_their_posts(tmp_path: Path) -> None:
    done, report = asked(tmp_path, "beir", beir(tmp_path))
    assert report["made_with"]["case_file"] == f"{tmp_path.name}-test.jsonl"
    assert report["figures"]["Recall@5"]["value"] == 1
    assert report["made_with"]["seen_family"] == ""
    assert "Seen family" not in done.stdout
    assert '"whole":true' in (tmp_path / "report-beir" / "report.html").read_text("utf-8")


def test_another_system_is_asked_a_collection_and_nothing_of_ours_has_seen_it(
    tmp_path: Path,
) -> None:
    _, report = asked(tmp_path, "xquad", squad(tmp_path), "--system", "words")
    assert (report["made_with"]["system"], report["made_with"]["seen_family"]) == ("words", "")
    assert report["figures"]["answered, of the answerable"]["n"] == 1


def test_a_site_is_asked_its_own_file_of_cases(tmp_path: Path) -> None:
    source = tmp_path / "posts.json"
    entry = {
        "id": 2, "link": "https://garden.example/slugs/", "type": "post", "status": "publish",
        "guid": {"rendered": "https://garden.example/?p=2"}, "date_gmt": "2024-01-01T12:00:00",
        "title": {"rendered": "Slugs"}, "content": {"rendered": f"<p>{WOOL.quote}</p>"},
    }  # fmt: skip
    source.write_text(json.dumps([entry]), encoding="utf-8")
    line = LINE | {"gold": [{"post_id": "2", "quote": WOOL.quote}]}
    cases = file_of(tmp_path, line)
    _, report = asked(tmp_path, "site", source, "--cases", cases)
    (graded,) = report["cases"]
    assert graded["sha256"] == fingerprint(load_cases(cases)[0])
    assert report["made_with"]["case_file"] == "cases.jsonl"


@pytest.mark.parametrize(
    "options",
    [
        ["--corpus", "clapnq"],
        ["--data", "."],
        ["--corpus", "clapnq", "--data", ".", "--index", "."],
        ["--corpus", "site", "--data", "."],
        ["--corpus", "clapnq", "--data", ".", "--bundled", "hostile"],
        ["--corpus", "trec", "--data", "."],
    ],
)
def test_half_a_collection_is_a_mistake(options: list[str]) -> None:
    assert run(*options).exit_code == 2


def test_every_collection_can_be_named() -> None:
    literal = get_args(get_args(cli_eval.Corpus)[0])[0]
    assert set(get_args(literal)) == set(CORPORA)


def test_cases_are_written_as_they_are_read(tmp_path: Path) -> None:
    for name, made in {"clapnq": clap, "xquad": squad, "mtrag": mtrag, "beir": beir}.items():
        data = tmp_path / name
        data.mkdir()
        corpus = open_corpus(name, made(data))
        settings = Settings(embedding_model="hash")
        written = as_cases(corpus, name, tmp_path / "cache", settings, HashEmbedder())
        assert load_cases(written.cases) == corpus.cases
        assert check_cases(written.cases).mistakes == 0
        with_index = Index(written.settings.index)
        assert missing_gold(corpus.cases, with_index) == ()
        with_index.close()


def test_a_question_that_weights_were_fitted_on_is_left_out_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = open_corpus("beir", beir(tmp_path))
    cases = tuple(
        replace(whole.cases[0], id=f"case-{n}", question=f"What is number {n}?") for n in range(40)
    )
    corpus = replace(whole, cases=cases)
    known = {question_hash(cases[3].question), question_hash("?")}
    monkeypatch.setattr("eval.corpora.as_cases.fitted_questions", lambda: known)
    assert unseen(cases) == (*cases[:3], *cases[4:])
    settings = Settings(embedding_model="hash")
    made = as_cases(corpus, "beir", tmp_path / "cache", settings, HashEmbedder())
    assert [one.id for one in load_cases(made.cases)] == [one.id for one in unseen(cases)]
    assert made.provenance.endswith("fitted on 1 of these 40 questions: case-3.")
    # One's own file is asked as it is, and says itself how much of it was seen.
    own = as_cases(corpus, "beir", tmp_path / "cache", settings, HashEmbedder(), cases=made.cases)
    assert "Left out" not in own.provenance
    known |= {question_hash(one.question) for one in cases[:4]}
    assert unseen(cases) == cases  # the collection itself was fitted on


def test_a_collection_that_asks_nothing_is_refused(tmp_path: Path) -> None:
    corpus = replace(open_corpus("beir", beir(tmp_path)), cases=())
    with pytest.raises(SourceError, match="asks nothing"):
        as_cases(corpus, "none", tmp_path, Settings(embedding_model="hash"), HashEmbedder())


def test_a_collection_does_not_go_into_the_servers_of_ones_own_posts(tmp_path: Path) -> None:
    own = Settings(
        catalog_url=SecretStr("postgresql://127.0.0.1/posts"),
        chroma_url="http://127.0.0.1:1",
        hits=30,
    )
    place = corpus_settings(own, tmp_path).place
    assert (place.folder, place.chroma, place.database) == (tmp_path, None, None)
    assert corpus_settings(own, tmp_path).hits == 30


def test_a_whole_post_as_gold_is_neither_looked_up_nor_told_by_a_hash(tmp_path: Path) -> None:
    index = Index(garden(tmp_path / "index"))
    there, gone = case("a", WHOLE), case("b", Gold("garden.example/99", "", ""))
    assert resolve_gold([there, gone], index) == (there, gone)
    assert missing_gold([there, gone], index) == ("b",)
    index.close()


@pytest.mark.parametrize("more", [{}, {"quote": "It is."}, {"sentence": "0" * 16}])
def test_gold_is_a_sentence_or_a_whole_post_and_never_both(
    tmp_path: Path, more: dict[str, str]
) -> None:
    whole = {"post_id": "2", "whole_post": True}
    line = LINE | {"gold": [whole | more]}
    if not more:
        assert load_cases(file_of(tmp_path, line))[0].gold[0].whole_post
        line = LINE | {"gold": [{"post_id": "2"}]}
    with pytest.raises(SourceError) as caught:
        load_cases(file_of(tmp_path, line))
    assert "or whole_post" in caught.value.hint


def test_of_a_whole_post_any_text_and_any_citation_is_right_and_it_counts_once() -> None:
    two = case("q", WHOLE, Gold("garden.example/3", "", ""), kind="multi")
    hits = [hit("a", 1), hit("b", 1), hit("c", 2), hit("d", 2), hit("e", 3)]
    assert found_at(two, hits) == (2, 3)
    assert grade_ranking(two, hits).reciprocal_rank == 1 / 2
    graded = grade_citations(answer("q", cited(WOOL, quote="Anything at all.")), two.parts)
    assert (graded.precision, graded.recall, graded.section_recall) == (1, 1 / 2, 1 / 2)


def test_the_parts_that_answer_are_those_that_are_loaded(tmp_path: Path) -> None:
    settings = Settings(index=garden(tmp_path / "index"), embedding_model="hash")
    with Assistant(settings) as assistant:
        assert parts_of(assistant) == {WEIGHTS, SHARES}


@pytest.mark.model
def test_the_bundled_model_has_all_parts() -> None:
    post = SmallPost("Slugs", (SmallSection("Results", WOOL.quote),))
    with small_assistant([post], Settings(embedding_model=BUNDLED_MODEL)) as assistant:
        assert parts_of(assistant) == {WEIGHTS, SHARES, READER, LATE}
