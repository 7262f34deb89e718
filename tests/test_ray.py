"""Workers of a Ray read and embed: the index is the one of a plain run, whoever dies meanwhile."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from index_state import State, state
from kills import write_sources
from numpy.typing import NDArray
from ray_head import TOKEN, RayHead, ray_head
from small_site import same_path
from typer.testing import CliRunner
from wordpress_server import FakeSite, Response, serving

from ui.cli import app

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "ingest" / "sample" / "posts.json"
POSTS = 40
HASH = {"PULLQUOTE_EMBEDDING_MODEL": "hash"}
# The bundled model, passage by passage: whoever computes gives the same vectors to the last bit.
NUMPY = {"PULLQUOTE_EMBEDDING_BACKEND": "numpy", "PULLQUOTE_EMBEDDING_PRECISION": "float32"}


def with_ray(test: Callable[..., None]) -> Callable[..., None]:
    missing = find_spec("ray") is None
    for mark in (
        pytest.mark.slow,
        pytest.mark.timeout(900),
        pytest.mark.skipif(missing, reason="ray is not installed (the extra ray)"),
    ):
        test = mark(test)
    return test


@pytest.fixture(scope="module")
def head() -> Iterator[RayHead]:
    with ray_head() as started:
        yield started


def command(index: str, *arguments: Path | str) -> list[str]:
    return [sys.executable, "-m", "ui.cli", "ingest", "--index", index, *map(str, arguments)]


def ingest(
    index: str, *arguments: Path | str, own: dict[str, str] = HASH
) -> subprocess.CompletedProcess[str]:
    """The command in the working folder, which each test has for its own."""
    return subprocess.run(
        command(index, *arguments), env={**same_path(), **TOKEN, **own},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def told(done: subprocess.CompletedProcess[str], index: str) -> list[str]:
    """The report, less where the index lies and how long it took."""
    assert done.returncode == 0, done.stderr
    lines = done.stdout.replace(f"Index in {index}:", "Index:").splitlines()
    return [line.partition(";")[0].partition(" at ")[0] for line in lines]


def both(head: RayHead, *arguments: Path | str) -> list[str]:
    """What is told of a plain run and of one with workers, whose indexes are equal."""
    plain = told(ingest("plain", *arguments), "plain")
    ahead = told(ingest("ahead", *arguments, "--ray", head.address), "ahead")
    assert state(Path("plain")) == state(Path("ahead"))
    assert plain == ahead
    return ahead


@with_ray
def test_index_and_report_are_those_of_a_plain_run(head: RayHead, tmp_path: Path) -> None:
    before, after = write_sources(tmp_path, POSTS, 5, hide=True)
    assert f"Posts: {POSTS} added" in both(head, before)[0]
    assert ", 0 changed, " not in both(head, after, "--prune", "--allow-mass-delete")[0]
    again = both(head, after)
    assert "Embedded 0 passages" in again
    assert " 0 added, 0 changed, " in again[0]


@with_ray
def test_copies_and_what_cannot_be_read_are_told_as_in_a_plain_run(
    head: RayHead, tmp_path: Path
) -> None:
    folder = tmp_path / "saved"
    folder.mkdir()
    write_sources(folder, POSTS, 3, hide=True)  # both files: one copy beside the other
    (folder / "broken.json").write_text('[{"id": 900, "link": "https://garden.example/p/')
    lines = both(head, folder, "nowhere.json", SAMPLE)
    assert any("does not exist" in line for line in lines)


@with_ray
def test_a_source_error_is_told_after_what_was_read_before_it(head: RayHead) -> None:
    parts = "".join(f"<h2>Part {i}</h2><p>All there is of part {i}.</p>" for i in range(4))
    with serving(FakeSite()) as site:
        for number in range(1, 251):
            site.add(number, parts)
        site.faults.append(
            lambda asked: (
                Response(status=403)
                if asked.is_fetch and "250" in asked.query.get("include", "").split(",")
                else None
            )
        )
        options = (site.base, "--allow-private-network")
        plain = ingest("plain", *options)
        ahead = ingest("ahead", *options, "--ray", head.address)
    assert plain.returncode == ahead.returncode == 1
    assert plain.stderr.splitlines()[-2:] == ahead.stderr.splitlines()[-2:]
    kept = state(Path("ahead"))
    assert len(kept.posts) >= 100
    assert state(Path("plain")) == kept


@with_ray
def test_a_killed_worker_is_replaced_and_nothing_is_missing(head: RayHead, tmp_path: Path) -> None:
    source, _ = write_sources(tmp_path, 3 * POSTS, 10, hide=False)
    with subprocess.Popen(
        command("ahead", source, "--ray", head.address), env={**same_path(), **TOKEN, **NUMPY},
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as run:  # fmt: skip
        while not (busy := head.embedding()):
            assert run.poll() is None, "it ended before a worker was seen at work"
            time.sleep(0.02)
        os.kill(busy[0], signal.SIGKILL)
        shown, _ = run.communicate()
    ahead = told(subprocess.CompletedProcess([], run.returncode, shown, ""), "ahead")
    plain = told(ingest("plain", source, own=NUMPY), "plain")
    assert plain == ahead[-len(plain) :]
    assert "A worker died" in shown  # as Ray says before the report
    assert state(Path("plain")) == state(Path("ahead"))


FAILING = """
import sys
from ingest.sync import Options, sync
from rag.embedding.embedder import HashEmbedder
from rag.errors import ModelUnavailable
from rag.settings import load_settings

own = load_settings(embedding_model="no-such", embedding_backend="numpy")
try:
    sync([sys.argv[1]], own, embedder=HashEmbedder(), options=Options(ray=sys.argv[2]))
except ModelUnavailable as error:
    print(error)
"""


@with_ray
def test_what_goes_wrong_in_a_worker_is_told_as_its_error(head: RayHead) -> None:
    # Workers get the model's name, and each looks for it on its own machine.
    done = subprocess.run(
        [sys.executable, "-c", FAILING, str(SAMPLE), head.address],
        env={**same_path(), **TOKEN}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.startswith("NumPy does not run the embedding model 'no-such'. Set")


@with_ray
def test_the_command_starts_workers_of_its_own_and_the_model_gives_the_same_vectors() -> None:
    own = {"PULLQUOTE_EMBEDDING_PRECISION": "float32"}
    runs: tuple[tuple[str, tuple[str, ...]], ...] = (("plain", ()), ("ahead", ("--ray", "local")))
    for name, options in runs:
        assert "Posts: 14 added" in told(ingest(name, SAMPLE, *options, own=own), name)[0]
    plain, ahead = state(Path("plain")), state(Path("ahead"))
    assert (plain.posts, plain.texts, plain.words) == (ahead.posts, ahead.texts, ahead.words)
    assert cosines(plain, ahead).min() > 0.9999


def cosines(one: State, other: State) -> NDArray[np.float32]:
    """Of the passages' vectors, whose other batches may round them otherwise."""
    assert one.vectors.keys() == other.vectors.keys()
    first, second = (
        np.stack([np.frombuffer(blobs[0], dtype=np.float16) for blobs in kept.vectors.values()])
        .astype(np.float32)
        for kept in (one, other)
    )  # fmt: skip
    lengths = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    found: NDArray[np.float32] = (first * second).sum(axis=1) / lengths
    return found


@with_ray
def test_a_ray_that_is_not_there_is_told_in_two_lines() -> None:
    done = ingest("index", SAMPLE, "--ray", "127.0.0.1:1")
    assert done.returncode == 1
    assert "Error: Ray (127.0.0.1:1) does not do its work: " in done.stderr
    assert "`ray status`" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    "address", ["", "somewhere", "ray://head:10001", "http://head:8265", "a:b"]
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    result = CliRunner().invoke(app, ["ingest", str(SAMPLE), "--ray", address])
    assert result.exit_code == 2
    assert "local, auto or HOST:PORT" in result.stderr


def test_a_dry_run_needs_no_workers() -> None:
    result = CliRunner().invoke(app, ["ingest", str(SAMPLE), "--ray", "local", "--dry-run"])
    assert result.exit_code == 2
    assert "leave out --ray" in result.stderr


@pytest.mark.parametrize("address", ["local", "auto", "head.internal:6379", "10.0.0.1:6379"])
def test_without_ray_the_error_names_the_extra(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "ingest.on_ray", raising=False)
    monkeypatch.setitem(sys.modules, "ray", None)
    result = CliRunner().invoke(app, ["ingest", str(SAMPLE), "--ray", address])
    assert result.exit_code == 1
    assert result.stderr == (
        "Error: --ray is given, and Ray is not installed.\nRun `pip install 'pullquote[ray]'`.\n"
    )
    assert not Path("index").exists()


def test_a_sync_without_workers_does_not_import_ray() -> None:
    code = "import sys, ingest.sync; print('ray' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], env=same_path(), capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"
