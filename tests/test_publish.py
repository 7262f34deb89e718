from __future__ import annotations

import hashlib
import json
import tarfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from small_site import garden
from tests_shared import SHARED, needs_shared

import eval.data
from eval.cases.cases import load_cases, missing_gold, resolve_gold
from eval.cases.gold import sentence_hash
from eval.citations import includes
from eval.publish import main
from ingest.posts.parsed import parsed_post
from ingest.posts.wordpress_post import ReadPost
from ingest.read import read_source
from ingest.sync import sync
from rag.embedding.embedder import HashEmbedder
from rag.index.index import Index
from rag.settings import Settings
from rag.text.sentences import split_sentences

BLOG = Path(eval.data.__file__).with_name("blog_18f.jsonl")

HELD = "The bed with wool mulch lost three of forty lettuces."
CASE: dict[str, Any] = {
    "id": "wool",
    "kind": "fact",
    "question": "Wie viele Salatköpfe?",
    "history": [],
    "answerable": True,
    "answer": "Three.",
    "must_include": [["three"]],
    "gold": [{"post_id": 2, "heading": "Results", "quote": HELD}],
}
NOTHING = {"id": "far", "kind": "far", "question": "Why?", "answerable": False}


def published(tmp_path: Path, *cases: dict[str, Any]) -> Path:
    written, out = tmp_path / "cases.jsonl", tmp_path / "published.jsonl"
    written.write_text("\n\n".join(json.dumps(one) for one in cases), encoding="utf-8")
    main([str(written), str(out), "--index", str(garden(tmp_path / "index"))])
    return out


def test_quotes_become_hashes_that_the_index_knows_and_all_else_stays(tmp_path: Path) -> None:
    out = published(tmp_path, CASE, NOTHING)
    first, second = (json.loads(line) for line in out.read_text(encoding="utf-8").splitlines())
    (gold,) = first.pop("gold")
    assert first == {key: value for key, value in CASE.items() if key != "gold"}
    assert "Salatköpfe" in out.read_text(encoding="utf-8")
    assert set(gold) == {"post_id", "heading", "sentence"}
    assert second == NOTHING
    index = Index(tmp_path / "index")
    known = resolve_gold(load_cases(out), index)
    assert known[0].gold[0].quote == HELD
    assert missing_gold(known, index) == ()
    index.close()


def test_what_is_published_already_stays_as_it_is(tmp_path: Path) -> None:
    once = published(tmp_path, CASE).read_text(encoding="utf-8")
    assert published(tmp_path, json.loads(once)).read_text(encoding="utf-8") == once


@pytest.mark.parametrize("quote", ["The bed with wool mulch", f"Also. {HELD}", "Not there."])
def test_a_quote_that_is_no_sentence_of_its_post_is_named(tmp_path: Path, quote: str) -> None:
    wrong = CASE | {"id": "half", "gold": [CASE["gold"][0] | {"quote": quote}]}
    with pytest.raises(SystemExit, match=r"Quote whole sentences.* in half\."):
        published(tmp_path, CASE, wrong)
    assert not (tmp_path / "published.jsonl").exists()


def test_a_mistake_in_the_cases_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="line 3: gold"):
        published(tmp_path, CASE, CASE | {"id": "b", "answerable": False})


def test_the_published_questions_are_of_every_kind_and_hold_no_quote() -> None:
    cases = load_cases(BLOG)
    assert Counter(case.kind for case in cases) == {
        "fact": 60,
        "explain": 50,
        "multi": 15,
        "time/meta": 15,
        "followup": 25,
        "near": 25,
        "far": 10,
    }
    gold = [one for case in cases for one in case.gold]
    assert all(one.sentence and not one.quote for one in gold)
    assert len({one.post_id for one in gold}) >= 100
    assert len({case.question for case in cases}) == len(cases)
    for case in cases:
        assert case.answerable == (case.kind not in ("near", "far")), case.id
        assert bool(case.history) == (case.kind == "followup"), case.id
        assert includes(case.answer, case.must_include), case.id
        assert len(case.gold) > 1 or case.kind != "multi", case.id


@needs_shared
def test_the_readme_says_which_posts_they_are() -> None:
    told = BLOG.with_name("README.md").read_text(encoding="utf-8")
    posts = SHARED / "wordpress" / "blog-18f.json.gz"
    assert hashlib.sha256(posts.read_bytes()).hexdigest() in told
    with tarfile.open(SHARED / "data" / "blog_18f" / "posts.tar.gz") as archive:
        names = sorted(Path(one).stem for one in archive.getnames() if one.endswith(".md"))
    place = {name: str(1000 + number) for number, name in enumerate(names)}
    found = {
        f"{read.raw.post.published:%Y-%m-%d}-{read.raw.post.url.rstrip('/').rpartition('/')[2]}":
        str(read.raw.wordpress_id)
        for read in read_source(str(posts))
        if isinstance(read, ReadPost)
    }  # fmt: skip
    assert len(names) == 509
    # One file's name has a day of a single digit.
    assert [name for name in found if place.get(name) != found[name]] == [
        "2024-12-05-8f-project-defaults"
    ]


@needs_shared
def test_the_published_gold_stands_under_its_headings() -> None:
    named = {gold.post_id for case in load_cases(BLOG) for gold in case.gold}
    under: set[tuple[str, str, str]] = set()
    for read in read_source(str(SHARED / "wordpress" / "blog-18f.json.gz")):
        assert isinstance(read, ReadPost)
        name = str(read.raw.wordpress_id)
        if name in named:
            for section in parsed_post(read).sections:
                heading = section.headings[-1] if section.headings else ""
                told = split_sentences(section.text, section.blocks, language="en")
                under |= {(name, heading, sentence_hash(one.text)) for one in told}
    lost = [
        (case.id, gold.heading)
        for case in load_cases(BLOG)
        for gold in case.gold
        if (gold.post_id, gold.heading, gold.sentence) not in under
    ]
    assert lost == []


@needs_shared
@pytest.mark.slow
def test_the_index_of_the_blog_knows_every_sentence_of_the_published_questions(
    tmp_path: Path,
) -> None:
    settings = Settings(index=tmp_path / "index", embedding_model="hash")
    sync([str(SHARED / "wordpress" / "blog-18f.json.gz")], settings, embedder=HashEmbedder())
    index = Index(tmp_path / "index")
    assert missing_gold(resolve_gold(load_cases(BLOG), index), index) == ()
    index.close()
