"""A sync that is killed anywhere loses nothing: see tests/kills.py."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from small_site import same_path

KILLS = Path(__file__).with_name("kills.py")


def verdicts(*arguments: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, str(KILLS), *arguments],
        env=same_path(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    wrong = [line for line in lines if not line.startswith("ok ")]
    assert not wrong, "\n".join((*wrong, done.stderr))
    return lines


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_fifty_kills_at_random_moments_of_a_sync_lose_nothing(tmp_path: Path) -> None:
    lines = verdicts("random", str(tmp_path), "20260301", "50")
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
    tmp_path: Path, end: str, steps: list[str]
) -> None:
    """At every turn from one kind of step to another; both ends of a sync have the same swap."""
    lines = verdicts(end, str(tmp_path))
    assert all("killed" in line for line in lines)
    said = "\n".join(lines)
    assert not [step for step in ("COMMIT", *steps) if step not in said]
