"""Indexes of made posts: that they hold what they should; laws that are those of the numbers."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from contextlib import closing
from importlib.resources import files
from math import log
from pathlib import Path

import numpy as np
import pytest

from bench import bench_growth, growth_runs
from bench.curves import curve, law
from bench.growth_runs import recall
from bench.recombined import (
    SECTIONS,
    RecombinedEmbedder,
    Sentences,
    embedded,
    lines,
    real_sentences,
)
from ingest.sync import sync
from rag.catalog import read as catalog_read
from rag.embedding.embedder import HashEmbedder, PassageText
from rag.index.index import Index
from rag.settings import load_settings

SAMPLE = str(files("ingest.sample") / "posts.json")
TEXTS = real_sentences(SAMPLE, 1_000)


def known() -> Sentences:
    return embedded(TEXTS, HashEmbedder())


# ---------------------------------------------------------------- laws and curves


def test_a_power_law_is_found_exactly() -> None:
    sizes = (1_000, 3_000, 10_000, 30_000)
    found = law(sizes, [0.5 * size**0.7 for size in sizes])
    assert found.slope == pytest.approx(0.7)
    assert [found.low, found.high] == pytest.approx([0.7, 0.7])
    assert found.at(5_000) == pytest.approx(0.5 * 5_000**0.7)
    assert not found.is_steeper


def test_the_interval_is_that_of_least_squares() -> None:
    sizes, values = (10.0, 100.0, 1_000.0), (1.0, 12.0, 90.0)
    found = law(sizes, values)
    x, y = np.log(sizes), np.log(values)
    slope = ((x - x.mean()) @ (y - y.mean())) / ((x - x.mean()) ** 2).sum()
    left = y - y.mean() - slope * (x - x.mean())
    error = np.sqrt((left @ left) / 1 / ((x - x.mean()) ** 2).sum())
    assert found.slope == pytest.approx(slope)
    # Student's distribution with one degree of freedom: tan(.475 pi).
    assert found.high - found.slope == pytest.approx(np.tan(0.475 * np.pi) * error, rel=1e-4)


def test_what_is_steeper_than_n_log_n_is_told() -> None:
    sizes = (1_000, 3_000, 10_000, 30_000)
    assert law(sizes, [size**1.5 for size in sizes]).is_steeper
    assert not law(sizes, [size * log(size) for size in sizes]).is_steeper
    assert not law((10, 100), (1, 1_000)).is_steeper, "two sizes tell no interval"


def test_a_curve_is_a_file_of_its_own_that_says_its_values() -> None:
    drawn = curve("search", "ms", {"words": [(1_000, 2.5), (10_000, 9.0)], "all": [(1_000, 30)]})
    root = ElementTree.fromstring(drawn)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    told = [one.text for one in root.iter("{http://www.w3.org/2000/svg}title")]
    assert told == ["1,000: 2.5 ms", "10,000: 9 ms", "1,000: 30 ms"]
    texts = {one.text for one in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {"passages", "search, ms", "words", "all", "1,000", "10,000"} <= texts


def test_recall_is_the_share_of_the_exact_ones() -> None:
    assert recall([["a", "b"], ["c", "x"]], [["b", "a"], ["c", "d"]]) == (2 / 2 + 1 / 2) / 2


# ---------------------------------------------------------------- made posts


def test_made_posts_hold_real_sentences_and_nothing_else(tmp_path: Path) -> None:
    source = tmp_path / "posts.jsonl"
    source.write_text("".join(lines(TEXTS, 4)), encoding="utf-8")
    assert source.read_text(encoding="utf-8") == "".join(lines(TEXTS, 4)), "the same every time"
    embedder = RecombinedEmbedder(known(), HashEmbedder())
    settings = load_settings(index=tmp_path / "index")
    report = sync([str(source)], settings, embedder=embedder)
    assert report.posts == 4
    assert report.passages >= 4 * SECTIONS
    assert embedder.unknown == 0
    with closing(Index(settings.index)) as index:
        ids = catalog_read.all_ids(index.catalog)
        for passage in catalog_read.passages(index.catalog, ids).values():
            assert {sentence.text for sentence in passage.sentences} <= set(TEXTS)


def test_at_most_so_many_sentences_are_taken_in_their_order() -> None:
    few = real_sentences(SAMPLE, 20)
    assert len(few) == 20
    assert [text for text in TEXTS if text in few] == list(few)


def test_a_made_vector_is_of_its_sentences(tmp_path: Path) -> None:
    sentences = known()
    sentences.save(tmp_path / "sentences.npz")
    embedder = RecombinedEmbedder(Sentences.load(tmp_path / "sentences.npz"), HashEmbedder())
    one, other = TEXTS[3], TEXTS[40]
    text = f"{TEXTS[7]} › {TEXTS[8]}\n{one} {other}"
    start = text.index(one)
    spans = ((start, start + len(one)), (len(text) - len(other), len(text)))
    (made,) = embedder.embed_passages([PassageText(text, spans)])
    (real,) = HashEmbedder().embed_passages([PassageText(text, spans)])
    assert made.token_ids.tolist() == [n for n in real.token_ids.tolist() if n in made.token_ids]
    assert set(made.token_sentence.tolist()) == {-1, 0, 1}
    assert made.sentences == pytest.approx(sentences.vectors[[3, 40]])
    parts = [7, 8, 3, 40]
    mean = np.diff(sentences.starts)[parts] @ sentences.vectors[parts]
    common = sentences.vectors.mean(axis=0)
    expected = mean / np.linalg.norm(mean) - 0.15 * common / np.linalg.norm(common)
    assert made.passage == pytest.approx(expected / np.linalg.norm(expected), abs=1e-5)


# ---------------------------------------------------------------- runs


def test_a_stopped_run_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Everything but the model: its place is taken, in this process, by what needs none.
    monkeypatch.setattr(growth_runs, "load_embedder", lambda _: HashEmbedder())
    monkeypatch.setattr(bench_growth, "in_own_process", lambda work, *given: work(*given))
    monkeypatch.setattr("bench.recombined.load_embedder", lambda _: HashEmbedder())
    questions = ["How long is the Yalu river?", "Where does the name Korea come from?"]
    first = bench_growth.measure(SAMPLE, [40, 80], questions, 2, tmp_path)
    before = {file: file.stat().st_mtime_ns for file in tmp_path.glob("index-*/catalog.sqlite3")}
    again = bench_growth.measure(SAMPLE, [80, 40], questions, 2, tmp_path)
    assert [one.made for one in again.sizes] == [one.made for one in first.sizes]
    assert before == {file: file.stat().st_mtime_ns for file in before}
    small, large = first.sizes
    assert 40 <= small.passages < 80 <= large.passages
    assert small.recall == large.recall == 1
    assert large.made.catalog_mb > small.made.catalog_mb > 0
    assert large.made.chroma_mb > 0
    text = bench_growth.text_of(first)
    assert f"| {small.passages:,} " in text
    for name in first.laws:
        assert f"| {name} " in text
    assert set(bench_growth.curves_of(first)) == {
        "ingest", "search", "p99", "memory", "disk", "recall",
    }  # fmt: skip
