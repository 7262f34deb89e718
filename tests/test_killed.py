"""A sync that is killed anywhere loses nothing: see tests/kills.py."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from small_site import same_path

KILLS = Path(__file__).with_name("kills.py")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """In memory where there is such a place.

    What a killed process wrote is there for the next one whether the disk has it or not, and to
    wait for the disk after every transaction takes minutes where others use it as well.
    """
    memory = Path("/dev/shm")
    if not (memory.is_dir() and os.access(memory, os.W_OK)):
        yield tmp_path
        return
    with TemporaryDirectory(prefix="pullquote-", dir=memory) as name:
        yield Path(name)


def verdicts(folder: Path, *runs: tuple[str, ...]) -> list[str]:
    """What such processes say, each with a folder of its own, all at once."""
    folders = [folder / str(number) for number in range(len(runs))]
    for one in folders:
        one.mkdir()
    started = [
        subprocess.Popen(
            [sys.executable, str(KILLS), end, str(one), *numbers],
            env=same_path(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for one, (end, *numbers) in zip(folders, runs, strict=True)
    ]  # fmt: skip
    with ThreadPoolExecutor(len(started)) as threads:
        said = list(threads.map(lambda one: one.communicate(), started))
    errors = "".join(wrong for _, wrong in said)
    assert [one.returncode for one in started] == [0] * len(runs), errors
    lines = [line for out, _ in said for line in out.splitlines()]
    wrong = [line for line in lines if not line.startswith("ok ")]
    assert not wrong, "\n".join((*wrong, errors))
    return lines


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_fifty_kills_at_random_moments_of_a_sync_lose_nothing(folder: Path) -> None:
    # An even seed hides a post as well, an odd one does not: both ends of a sync.
    lines = verdicts(folder, ("random", "20260302", "25"), ("random", "20260303", "25"))
    assert len(lines) == 50
    assert all("killed" in line for line in lines)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    ("end", "steps"),
    [
        ("outbox", ["INSERT INTO posts", "INTO outbox", "DELETE FROM outbox", "'synced_at'"]),
        ("erasure", ["os.mkdir", "shutil.rmtree", "'optimize'", "VACUUM", "wal_checkpoint"]),
    ],
)
def test_a_kill_at_every_step_of_a_sync_loses_nothing(
    folder: Path, end: str, steps: list[str]
) -> None:
    """At every turn from one kind of step to another; both ends of a sync have the same swap."""
    lines = verdicts(folder, (end, "0", "2"), (end, "1", "2"))
    assert all("killed" in line for line in lines)
    said = "\n".join(lines)
    assert not [step for step in ("COMMIT", *steps) if step not in said]
