"""A machine that is cut off from the database: how long until both sides know."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from postgres_servers import missing_postgres
from small_site import same_path

_OWN = "ip link set lo up && ip link add here type veth peer name there"


def missing_networks() -> str:
    """Why there can be no network of a test's own; empty where there can."""
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        return "there is no `unshare` or no `ip` (util-linux, iproute2)"
    tried = subprocess.run(["unshare", "-n", "sh", "-c", _OWN], capture_output=True, check=False)
    return f"no network may be made here: {tried.stderr.decode()}" if tried.returncode else ""


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.skipif(bool(missing_postgres()), reason=missing_postgres())
def test_a_writer_whose_machine_is_cut_off_is_told_and_its_lock_is_free_in_half_a_minute() -> None:
    if why := missing_networks():
        pytest.skip(why)
    script = Path(__file__).with_name("cut_off.py")
    said = subprocess.run(
        ["unshare", "-n", sys.executable, str(script)],
        env=same_path(), stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    found = json.loads(said.stdout)
    assert found["error"] == "IndexUnavailable"
    assert found["written"] is None
    # Not at once, as where somebody ends the connection, and not after the system's own hours.
    assert 15 < found["free"] < 60, found
    assert 15 < found["told"] < 60, found
