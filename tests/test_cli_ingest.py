"""`pullquote ingest` of a live site, as people meet it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result
from wordpress_server import FakeSite, Response, serving

from ingest.live.spot_check import PageCheck
from ingest.report import Report
from ui.cli import app
from ui.commands.show_sync import print_report
from ui.ports import free_port

ROOT = Path(__file__).resolve().parents[1]
NEAR = "--allow-private-network"


@pytest.fixture(autouse=True)
def hash_embedder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULLQUOTE_EMBEDDING_MODEL", "hash")


@pytest.fixture
def site() -> Iterator[FakeSite]:
    with serving(FakeSite()) as served:
        for number in range(1, 6):
            served.add(number)
        yield served


def ingest(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["ingest", *arguments])


def test_a_site_is_read_and_the_report_says_whether_its_links_land(site: FakeSite) -> None:
    result = ingest(site.base, NEAR)
    assert result.exit_code == 0, result.output
    assert "Posts: 5 added" in result.stdout
    assert "Opened 5 pages of the site: the quoted words stand in 5 of 5" in result.stdout


def test_the_report_counts_no_ids_where_none_were_looked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    pages = PageCheck(opened=2, quotes=2, quotes_found=1, failures=("a page does not show it",))
    print_report(Report(pages=pages), Path("index"))
    shown = capsys.readouterr().out
    assert "Opened 2 pages of the site: the quoted words stand in 1 of 2.\n" in shown
    print_report(Report(pages=PageCheck(opened=1, anchors=1, anchors_found=1)), Path("index"))
    assert "the site: the section's id in 1 of 1.\n" in capsys.readouterr().out


def test_a_name_without_https_is_told_how_a_site_is_named() -> None:
    shown = ingest("blog.example.org").stderr
    assert shown == (
        "Error: blog.example.org does not exist.\n"
        "Check the name; the address of a site begins with https://.\n"
    )


def test_a_site_that_is_not_there_is_told_in_the_system_s_words() -> None:
    shown = ingest(f"http://127.0.0.1:{free_port('127.0.0.1', 8700)}", NEAR).stderr
    assert "/ gave no answer: Connection refused.\n" in shown
    shown = ingest("https://no-such-site.invalid").stderr
    assert "gave no answer: " in shown
    assert "Errno" not in shown


def test_what_a_site_hides_and_no_longer_names_is_in_the_report(site: FakeSite) -> None:
    ingest(site.base, NEAR)
    site.hidden.add(2)
    site.unlisted.add(3)
    shown = ingest(site.base, NEAR).stdout
    assert "1 removed" in shown
    assert "Skipped: no longer public (private, scheduled, a draft or in the trash): 1" in shown
    assert "No longer named by the site; deleted if so next time: 1" in shown


def test_a_dry_run_prints_a_line_for_each_difference(site: FakeSite) -> None:
    ingest(site.base, NEAR)
    site.edit(1, "<p>New words.</p>")
    site.add(6)
    site.posts[2]["link"] += "moved/"
    del site.posts[3]
    name = site.base.removeprefix("http://")
    assert ingest(site.base, NEAR, "--dry-run").stdout.splitlines()[:5] == [
        f"~ {name}/1  Post 1",
        f"~ {name}/2 (only its record)",
        f"+ {name}/6  Post 6",
        f"- {name}/3",
        "Would be done, and was not. Posts: 1 added, 1 changed, 1 changed in their record only,"
        " 2 unchanged, 1 removed, 1 skipped, 0 recovered.",
    ]
    assert "Posts: 1 added, 1 changed" in ingest(site.base, NEAR).stdout


def test_a_private_address_is_two_lines_that_name_the_option(site: FakeSite) -> None:
    result = ingest(site.base)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.count("\n") == 2
    assert NEAR in result.stderr


def test_a_password_in_the_address_is_refused_and_not_printed(site: FakeSite) -> None:
    result = ingest(site.base.replace("//", "//ines:hush-hush@"), NEAR)
    assert result.exit_code == 1
    assert "hush" not in result.output


def test_a_wrong_time_or_standard_input_cannot_be_watched(site: FakeSite) -> None:
    assert "no time to wait" in ingest(site.base, "--watch", "soon").stderr
    assert ingest("-", "--watch", "15m").exit_code == 2


@pytest.mark.skipif(os.name == "nt", reason="SIGINT is sent otherwise there")
def interrupted(process: subprocess.Popen[str]) -> str:
    """What a process says on standard error when somebody presses Ctrl-C until it ends.

    One that comes while Python frees what is no longer used is lost.
    """
    for _ in range(5):
        process.send_signal(signal.SIGINT)
        try:
            return process.communicate(timeout=10)[1]
        except subprocess.TimeoutExpired:
            continue
    process.kill()
    return process.communicate()[1]


def test_watching_goes_on_after_a_failure_until_ctrl_c(site: FakeSite) -> None:
    site.faults = [lambda asked: Response(b"", 503, {"Retry-After": "900"})]
    command = "from ui.cli import main; main()"
    with subprocess.Popen(
        [sys.executable, "-c", command, "ingest", site.base, NEAR, "--watch", "10s"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},  # noqa: TID251 - for a process
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        assert "asks to wait 900 seconds" in process.stderr.readline()
        assert process.stderr.readline() == "Try again later; the index is as it was.\n"
        assert process.poll() is None
        err = interrupted(process)
    assert (process.returncode, err) == (130, "Interrupted.\n")
