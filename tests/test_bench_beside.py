"""Ours beside other systems, and results as files: that they are of what they say they are of."""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import closing
from pathlib import Path

import pytest
from small_site import garden

from bench import bench_ask, bench_ingest, bench_start, opponent_runs
from bench.beside import OURS, SEARCH, Beside, beside, ratio_names
from bench.figures import Spread, spread, times_of
from bench.ingest_runs import Cost, Ingested
from bench.machine import this_machine
from bench.opponent_runs import Built, build_once, installed_opponents
from bench.processes import processor_seconds
from bench.results import add_output, hand_over, save
from eval.cases.cases import Case
from eval.corpora.index import post_texts
from eval.systems.retrievers import LANGCHAIN, LLAMAINDEX
from rag.index.index import Index
from rag.settings import load_settings
from rag.types import Turn

CASES = (
    Case("1", "fact", "How many lettuces did the bare bed lose?"),
    Case("2", "followup", "And the wool?", (Turn("How many did the bare bed lose?", "Many."),)),
)
STARTS = bench_start.Measured(
    {"python -c pass": Spread((0.02, 0.04)), "pullquote --help": Spread((0.1, 0.12))}
)

# ---------------------------------------------------------------- results as files


def test_a_saved_result_names_its_command_its_machine_and_its_ratios(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["bench", "/home/somebody/blog.json", "--repeats", "2"])
    machine, ratios = this_machine(), {"ratio_to_encode": spread([0.91234567, 0.95, 0.9])}
    save(tmp_path / "results", "start", machine, STARTS, "| a table |", ratios)
    found = json.loads((tmp_path / "results" / "start.json").read_text())
    assert found["command"].endswith("blog.json --repeats 2")
    assert found["machine"]["versions"][1] == ["torch", dict(machine.versions)["torch"]]
    assert found["ratio_to_encode"] == {
        "median": 0.91235, "lowest": 0.9, "highest": 0.95, "n": 3, "values": [0.91235, 0.95, 0.9],
    }  # fmt: skip
    assert found["measured"]["seconds"]["pullquote --help"]["values"] == [0.1, 0.12]
    assert found["load_after"] >= 0
    text = (tmp_path / "results" / "start.md").read_text()
    assert text.rstrip().endswith("| a table |")
    assert machine.processor in text
    assert "somebody" not in text + json.dumps(found), "folders are nobody's business"


def test_a_result_is_saved_where_that_is_wished(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parser = argparse.ArgumentParser()
    add_output(parser)
    for options, files in (
        ([], set()),
        (["--save", str(tmp_path / "a")], {"start.json", "start.md"}),
        (["--save", str(tmp_path / "b"), "--name", "avx2"], {"avx2.json", "avx2.md"}),
    ):
        hand_over(parser.parse_args(options), "start", this_machine(), STARTS, "table", {})
        assert "table" in capsys.readouterr().out
        folder = Path(options[1]) if options else tmp_path / "none"
        assert {file.name for file in folder.glob("*")} == files


# ---------------------------------------------------------------- figures


def test_starts_are_compared_with_python_alone() -> None:
    found = bench_start.ratios_of(STARTS)
    assert list(found) == ["help_ratio_to_python"]
    assert found["help_ratio_to_python"].values == pytest.approx((0.1 / 0.02, 0.12 / 0.04))


def test_processor_time_is_of_the_command_and_not_of_waiting() -> None:
    waiting = processor_seconds(sys.executable, "-c", "import time; time.sleep(1)")
    busy = processor_seconds(
        sys.executable, "-c", "import time\nwhile time.process_time() < 1.5: pass"
    )
    assert waiting < 1 < busy


def test_a_step_is_timed_on_each_of_what_is_given() -> None:
    done: list[int] = []
    times = times_of(done.append, (1, 2, 3), 2)
    assert done == [1, 2, 3, 1, 2, 3]
    assert times.median <= times.p99


def test_ratios_of_ingest_name_what_they_are_to() -> None:
    def cost(seconds: float, processor: float) -> Cost:
        return Cost(100, 5.0, seconds, processor, 800.0)

    runs = tuple(
        Ingested(cost(10 * n, 16), 14, 120, "bfloat16", 8.0, 0.5, 1.0, 2.0) for n in (1, 2)
    )
    whole: dict[str, tuple[Built, ...]] = {
        "float32": (Built(cost(30, 50), 1_000, 1_000),) * 2,
        "bfloat16": (Built(cost(12, 20), 1_000, 1_000),) * 2,
    }
    cut: dict[str, tuple[Built, ...]] = {
        "float32": (Built(cost(8, 15), 1_000, 250),) * 2,
        "bfloat16": (Built(cost(5, 9), 1_000, 250),) * 2,
    }
    bare: dict[str, tuple[Cost, ...]] = {
        "bfloat16": (cost(9, 16),) * 2,
        "float32": (cost(25, 45),) * 2,
    }
    measured = bench_ingest.Measured(
        runs, Spread((1.5,)), bare, {LANGCHAIN: whole, LLAMAINDEX: cut}
    )
    found = {name: taken.values for name, taken in bench_ingest.ratios_of(measured).items()}
    assert found["ratio_to_encode"] == pytest.approx((0.9, 0.45))
    assert found["ratio_to_encode_by_processor"] == pytest.approx((1, 1))
    assert found["ratio_to_langchain"] == pytest.approx((3, 1.5))
    assert found["ratio_to_langchain_same_precision"] == pytest.approx((1.2, 0.6))
    assert found["ratio_to_llamaindex"] == pytest.approx((0.8, 0.4))
    # Its model reads a quarter of the text.
    assert found["ratio_to_llamaindex_by_text_read"] == pytest.approx((3.2, 1.6))
    assert "ratio_to_langchain_by_text_read" not in found
    text = bench_ingest.text_of(measured)
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines()]
    table = {row[0]: row[1:] for row in rows if row}
    assert table["llamaindex, float32"][1] == "0.25"
    assert table["langchain, float32"][-2] == "2.25 [1.50, 3.00]"


def test_ratios_of_questions_are_taken_question_by_question() -> None:
    found = Beside(
        {
            OURS: Spread((10.0, 40.0)),
            SEARCH: Spread((5.0, 10.0)),
            LANGCHAIN: Spread((20.0, 20.0)),
        }
    ).ratios()
    assert {name: taken.values for name, taken in found.items()} == {
        "ratio_to_langchain": (2.0, 0.5),
        "search_ratio_to_langchain": (4.0, 2.0),
    }
    assert ratio_names(OURS) == {}


# ---------------------------------------------------------------- runs


def test_ours_is_asked_beside_its_own_search(tmp_path: Path) -> None:
    settings = load_settings(index=garden(tmp_path / "index"), embedding_model="hash")
    found = beside(settings, CASES, 2, ())
    assert {name: len(taken.values) for name, taken in found.milliseconds.items()} == {
        OURS: 2 * 2, SEARCH: 2 * 2,
    }  # fmt: skip
    assert found.ratios() == {}


@pytest.mark.parametrize("name", [LANGCHAIN, LLAMAINDEX])
def test_another_system_is_given_the_posts_and_asked(name: str, tmp_path: Path) -> None:
    if name not in installed_opponents():
        pytest.skip("dependency group opponents")
    settings = load_settings(index=garden(tmp_path / "index"), embedding_model="hash")
    with closing(Index(settings.index)) as index:
        posts = post_texts(index)
    built = build_once(name, posts, settings, "float32")
    assert built.cost.texts >= len(posts)
    assert built.cost.seconds > 0
    measured = beside(settings, CASES, 2, [name])
    assert len(measured.milliseconds[name].values) == 2 * 2
    text = bench_ask.beside_text(measured)
    assert f"| {name} " in text


def test_what_is_not_installed_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opponent_runs, "find_spec", lambda _: None)
    assert installed_opponents() == ()
