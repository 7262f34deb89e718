"""That the benchmarks count what they say they count. Nothing here is about how long it takes."""

from __future__ import annotations

import gzip
import json
import os
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from statistics import fmean
from threading import Thread

import pytest
from index_state import state
from small_site import garden
from wordpress_server import FakeSite, serving

from bench import (
    bench_ask,
    bench_embed,
    bench_ingest,
    bench_large,
    bench_lifecycle,
    bench_site,
    bench_start,
)
from bench.figures import Spread, shown, spread, table
from bench.ingest_runs import Cost, Ingested, ingest_once
from bench.machine import peak_memory_mb, this_machine
from bench.processes import in_own_process, seconds_until_page, timed
from eval.cases.cases import Case
from ingest.split import split
from ingest.sync import sync
from rag.embedding.embedder import HashEmbedder
from rag.index.index import Index
from rag.settings import Settings, load_settings
from rag.types import ParsedPost, Turn

SAMPLE = str(files("ingest.sample") / "posts.json")
SLEEP = (sys.executable, "-c", "import time; time.sleep(60)")


def hash_settings(index: Path) -> Settings:
    return load_settings(index=index, embedding_model="hash")


# ---------------------------------------------------------------- figures


def test_a_percentile_lies_between_the_two_nearest_values() -> None:
    taken = Spread((40.0, 10.0, 30.0, 20.0))
    assert taken.median == (20 + 30) / 2
    # Of n values the p-th percentile stands at (n - 1) * p / 100: here at 2.85, from 30 to 40.
    assert taken.percentile(95) == pytest.approx(30 + 0.85 * (40 - 30))
    assert taken.percentile(0) == 10


def test_a_spread_shows_its_median_and_its_ends() -> None:
    assert spread([3.0, 1000.25, 2.0]).text() == "3.0 [2.0, 1,000.2]"


def test_a_table_is_markdown_whose_columns_align() -> None:
    lines = table(["Stage", "ms"], [["write", "7.0"], ["retrieve", "120.5"]]).splitlines()
    assert lines == [
        "| Stage    |    ms |",
        "| -------- | ----: |",
        "| write    |   7.0 |",
        "| retrieve | 120.5 |",
    ]


def test_a_table_without_rows_is_its_head() -> None:
    assert table(["Stage", "ms"], []).splitlines() == ["| Stage | ms |", "| ----- | -: |"]


def test_json_holds_the_machine_and_every_value() -> None:
    measured = bench_start.Measured({"pullquote --help": Spread((0.3, 0.2))})
    found = json.loads(shown(this_machine(), measured, "text", as_json=True))
    assert found["machine"]["cores"] == this_machine().cores
    assert found["measured"]["seconds"]["pullquote --help"]["values"] == [0.3, 0.2]


def test_text_stands_below_the_machine() -> None:
    measured = bench_start.Measured({"pullquote --help": Spread((0.3, 0.2))})
    text = shown(this_machine(), measured, bench_start.text_of(measured), as_json=False)
    first, _, rest = text.partition("\n\n")
    assert f"torch {version('torch')}" in first
    assert "| `pullquote --help` |" in rest
    assert "0.25 [0.20, 0.30]" in rest


# ---------------------------------------------------------------- machine and processes


def peak_with(megabytes: int) -> float:
    held = b"x" * (megabytes * 1_000_000)
    peak = peak_memory_mb()
    del held  # only now
    return peak


def test_peak_memory_is_in_megabytes() -> None:
    grown = in_own_process(peak_with, 300) - in_own_process(peak_with, 0)
    assert grown == pytest.approx(300, rel=0.2)


def test_a_function_runs_in_a_process_of_its_own() -> None:
    assert in_own_process(os.getpid) != os.getpid()
    assert in_own_process(divmod, 7, 2) == (3, 1)


def test_an_error_in_a_process_of_its_own_is_raised_here() -> None:
    with pytest.raises(ZeroDivisionError):
        in_own_process(divmod, 7, 0)


def test_a_command_that_fails_is_no_measurement() -> None:
    with pytest.raises(RuntimeError, match="ended with 3: why"):
        timed(sys.executable, "-c", "import sys; print('why', file=sys.stderr); sys.exit(3)")


@contextmanager
def server(answers: list[int]) -> Iterator[str]:
    """A page that answers with these codes, one after another."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(answers.pop(0))
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Not to the terminal."""

    with HTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = Thread(target=listening.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.server_port}/"
        finally:
            listening.shutdown()
            thread.join()


def test_a_page_is_there_when_it_answers_with_200() -> None:
    answers = [503, 404, 200, 200]
    with server(answers) as address:
        assert seconds_until_page(address, *SLEEP) > 0
    assert answers == [200], "asked again until the first 200, and then no more"


def test_a_server_that_ended_is_no_measurement() -> None:
    with pytest.raises(RuntimeError, match="ended with 1"):
        seconds_until_page("http://127.0.0.1:9/", sys.executable, "-c", "raise SystemExit(1)")


# ---------------------------------------------------------------- ingest


def test_an_ingest_run_counts_what_the_index_holds(tmp_path: Path) -> None:
    settings = hash_settings(tmp_path / "index")
    ingested, texts = ingest_once(SAMPLE, settings)
    report = sync([SAMPLE], settings)
    assert (ingested.posts, ingested.passages) == (report.posts, report.passages)
    assert ingested.cost.texts == len(texts) == len(set(texts))
    assert ingested.precision == "float32"
    on_disk = sum(file.stat().st_size for file in settings.index.rglob("*") if file.is_file())
    assert ingested.catalog_mb + ingested.chroma_mb == pytest.approx(on_disk / 1e6, rel=0.01)
    assert 0 < ingested.model_seconds < ingested.cost.seconds


def test_the_recorded_texts_are_those_of_the_passages(tmp_path: Path) -> None:
    settings = hash_settings(tmp_path / "index")
    _, texts = ingest_once(SAMPLE, settings)
    with closing(Index(settings.index)) as index:
        parsed = [ParsedPost(post, index.sections(post.id)) for post in index.posts(1000)]
    pieces = [split(post, HashEmbedder(), limit=settings.passage_tokens) for post in parsed]
    assert set(texts) == {piece.text.text for own in pieces for piece in own}


def test_a_command_that_has_something_to_embed_is_no_measurement(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULLQUOTE_EMBEDDING_MODEL", "hash")
    with pytest.raises(RuntimeError, match="had something to embed"):
        bench_ingest.command_seconds(SAMPLE, tmp_path / "index")
    assert bench_ingest.command_seconds(SAMPLE, tmp_path / "index") > 0


def cost(seconds: float, processor: float) -> Cost:
    return Cost(100, 5.0, seconds, processor, 800.0)


def test_ratios_compare_the_runs_of_one_round() -> None:
    ours, bare = [cost(10, 16), cost(40, 18)], [cost(9, 15), cost(50, 18)]
    by_time, by_processor = bench_ingest.speed_ratios(ours, bare)
    # Texts a second, ours over bare: (100 / 10) / (100 / 9) = 9 / 10.
    assert by_time.values == pytest.approx((9 / 10, 50 / 40))
    assert by_processor.values == pytest.approx((15 / 16, 18 / 18))


def test_the_tables_name_every_way_to_run_the_bare_model() -> None:
    run = Ingested(cost(10, 16), 14, 120, "bfloat16", 8.0, 0.5, 1.0, 2.0)
    measured = bench_ingest.Measured(
        (run,), Spread((1.5,)), {"bfloat16": (cost(9, 15),), "float32": (cost(20, 38),)}, {}
    )
    text = bench_ingest.text_of(measured)
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines()]
    found = {row[0]: row[1:] for row in rows if row}
    assert found["of it elsewhere, s"] == ["2.0 [2.0, 2.0]"]
    assert found["index on disk, MB"] == ["3.0 [3.0, 3.0]"]
    assert found["ingest, bfloat16"][0] == "10.0 [10.0, 10.0]"
    assert found["bare encode, bfloat16"][3] == "0.90 [0.90, 0.90]"
    assert found["bare encode, float32"][3] == "2.00 [2.00, 2.00]"


# ---------------------------------------------------------------- ask

CASES = (
    Case("1", "fact", "How many lettuces did the bare bed lose?"),
    Case("2", "followup", "And the wool?", (Turn("How many did the bare bed lose?", "Many."),)),
)


def test_asking_times_every_question_and_its_stages(tmp_path: Path) -> None:
    settings = hash_settings(garden(tmp_path / "index")).model_copy(update={"min_answerable": 0.0})
    measured = bench_ask.measure(settings, CASES, 3)
    assert (measured.questions, measured.repeats, measured.passages) == (2, 3, 6)
    whole, *stages = measured.milliseconds.values()
    assert set(measured.milliseconds) == {
        bench_ask.WHOLE, "understand", "retrieve", "write", "verify",
    }  # fmt: skip
    assert {len(taken.values) for taken in (whole, *stages)} == {2 * 3}
    assert sum(fmean(stage.values) for stage in stages) <= fmean(whole.values)
    assert measured.at_once == 2
    assert all(
        len(rate.values) == 3 and min(rate.values) > 0
        for rate in (measured.side_by_side, measured.one_by_one)
    )


def test_asking_counts_what_was_answered(tmp_path: Path) -> None:
    settings = hash_settings(garden(tmp_path / "index"))
    refusing = settings.model_copy(update={"min_answerable": 1.0})
    answering = settings.model_copy(update={"min_answerable": 0.0})
    assert bench_ask.measure(refusing, CASES[:1], 2).answered == 0
    assert bench_ask.measure(answering, CASES[:1], 2).answered == 2


def test_the_table_of_asking_shows_medians_and_95th_percentiles() -> None:
    taken = {bench_ask.WHOLE: Spread((10.0, 20.0, 30.0, 40.0))}
    rates = Spread((30.0, 40.0)), Spread((20.0, 21.0))
    measured = bench_ask.Measured(1000, 2, 2, 3, "bfloat16", 5.0, taken, 2, *rates, 900.0)
    text = bench_ask.text_of(measured)
    assert "75% answered" in text
    *_, row, _, last = text.splitlines()
    assert [cell.strip() for cell in row.split("|")][2:4] == ["25.0", "38.5"]
    assert last.startswith("2 questions at once: 35.0 [30.0, 40.0] a second")


# ---------------------------------------------------------------- looking after an index


def test_every_work_is_measured_on_a_copy_and_the_index_stays_as_it_was(tmp_path: Path) -> None:
    index = garden(tmp_path / "index")
    before = state(index)
    measured = bench_lifecycle.measure(index, 2)
    assert (measured.posts, measured.passages) == (3, 6)
    assert {len(taken.values) for taken in measured.seconds.values()} == {2}
    assert all(min(taken.values) > 0 for taken in measured.seconds.values())
    assert all(megabytes > 0 for megabytes in measured.megabytes.values())
    assert [file.name for file in tmp_path.iterdir()] == ["index"]
    assert state(index) == before
    text = bench_lifecycle.text_of(measured)
    assert "3 posts, 6 passages." in text
    for what in (*measured.seconds, *measured.megabytes):
        assert f"| {what} " in text


# ---------------------------------------------------------------- large files, live sites


def test_a_large_file_is_read_and_ingested_as_what_it_is() -> None:
    read = bench_large.measure([0.05, 0.1], bench_large.read_file)
    (written,) = bench_large.measure([0.1], bench_large.ingest_file).files
    small, large = read.files
    assert small.posts < large.posts
    assert 0.1 <= large.megabytes < 0.12
    # The same passages whether they go into an index or not, and no post takes another's place.
    assert (written.posts, written.passages) == (large.posts, large.passages)
    assert written.peak_mb > 10
    assert f"| {large.posts:,} |" in " ".join(bench_large.text_of(read).split())


def test_memory_is_looked_at_again_and_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULLQUOTE_EMBEDDING_MODEL", "hash")
    monkeypatch.setattr("bench.bench_large._FIRST", 2)
    posts = tmp_path / "posts.json.gz"
    sample = json.loads((files("ingest.sample") / "posts.json").read_text(encoding="utf-8"))
    posts.write_bytes(gzip.compress(json.dumps(sample[:3]).encode()))
    (line, *_) = lines = list(bench_large._lines(60_000, posts))
    assert json.loads(line)["title"] == sample[0]["title"]
    file = tmp_path / "posts.jsonl"
    file.write_text("".join(lines), encoding="utf-8")
    done = bench_large.embed_file(file, 0.06)
    assert [posts for posts, _ in done.peaks_mb][:2] == [2, 4]
    assert 10 < done.peaks_mb[0][1] <= done.peak_mb
    text = bench_large.text_of(bench_large.Measured((done,)))
    assert f"of {done.posts:,} posts" in text


def test_syncs_of_a_site_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULLQUOTE_EMBEDDING_MODEL", "hash")
    monkeypatch.setenv("PULLQUOTE_FETCH_BACKOFF", "0")
    site = FakeSite()
    for number in range(1, 5):
        site.add(number, f"<p>Bed {number} held beans in June.</p>")
    with serving(site) as served:
        measured = bench_site.measure(served.base, 2, private=True)
        assert (measured.posts, len(measured.unchanged.values)) == (4, 2)
        fetches = [asked for asked in served.asked if asked.is_fetch]
        assert len(fetches) >= 3  # the first sync, and both that fetch everything
        assert "4 posts" in bench_site.text_of(measured)


# ---------------------------------------------------------------- embedding alone


@pytest.mark.model
def test_formats_of_numbers_are_held_against_float32(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = tmp_path / "passages.txt"
    texts.write_text("Bees sleep in winter.\n\nThe mill was built in 1871.\n", encoding="utf-8")
    monkeypatch.setattr(bench_embed, "FORMATS", {"cpu": ("float32", "bfloat16")})
    monkeypatch.setattr("sys.argv", ["bench_embed", str(texts), "--json"])
    bench_embed.main()
    measured = json.loads(capsys.readouterr().out)["measured"]
    assert measured["texts"] == 2
    exact, half = measured["rates"]
    assert exact["precision"] == "float32"
    assert exact["least_cosine"] == pytest.approx(1.0, abs=1e-5)
    assert 0.99 < half["least_cosine"] < 1.0
    for one in (exact, half):
        assert len(one["ours"]["values"]) == len(one["bare"]["values"]) == 3
        assert min(one["ours"]["values"] + one["bare"]["values"]) > 0


def test_what_an_ingest_embeds_is_what_is_embedded() -> None:
    texts = bench_embed.passages_of(SAMPLE)
    assert len(texts) > 50
    assert any("Seoul" in text for text in texts)
