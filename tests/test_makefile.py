"""How make sets up .venv, with Pythons that only say what they were asked to do."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from test_packaging import PROJECT

ROOT = Path(__file__).resolve().parents[1]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")

pytestmark = pytest.mark.skipif(not shutil.which("make"), reason="needs make")

_PYTHON = """#!/bin/sh
case "$1 $2" in
  "-c "*) echo {version} ;;
  "-m venv") mkdir -p .venv/bin; cp "$0" .venv/bin/python; echo made >> log; exit {venv} ;;
  "-m pip") test {venv} = 0 || exit 1; echo pip 26; echo "{version} $*" >> log ;;
esac
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "Makefile").write_text(MAKEFILE, encoding="utf-8")
    for name in ("pyproject.toml", "constraints.txt"):
        (tmp_path / name).touch()
    python(tmp_path, "python3", "3.12")
    return tmp_path


def python(folder: Path, name: str, version: str, *, venv: int = 0) -> None:
    """A Python of that name. With `venv` it ends so when it should make one, and has no pip."""
    (folder / name).write_text(_PYTHON.format(version=version, venv=venv), encoding="utf-8")
    (folder / name).chmod(0o755)


def make(folder: Path, *arguments: str, goal: str = ".venv/.ready") -> tuple[int, str]:
    """Exit status and what was said, with the folder's own Pythons before others."""
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"  # noqa: TID251 - make is somebody else
    done = subprocess.run(
        ["make", goal, *arguments],
        cwd=folder, env={"PATH": path}, text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    return done.returncode, done.stdout


def log(folder: Path) -> str:
    return (folder / "log").read_text(encoding="utf-8") if (folder / "log").exists() else ""


def test_the_pythons_are_those_of_the_project() -> None:
    (line,) = (one for one in MAKEFILE.splitlines() if one.startswith("PYTHONS :="))
    versions = line.split()[2:]
    tried = [one.rpartition(" ")[2] for one in PROJECT["classifiers"] if "Python ::" in one]
    assert versions == tried
    after = f"3.{int(versions[-1].partition('.')[2]) + 1}"
    assert PROJECT["requires-python"] == f">={versions[0]},<{after}"


def test_each_step_is_told_and_the_second_time_nothing_is_done(checkout: Path) -> None:
    code, said = make(checkout)
    assert code == 0
    steps = ("Making .venv with Python 3.12", "1 of 3: pip", "2 of 3: torch", "3 of 3: everything")
    places = [said.index(step) for step in steps]
    assert places == sorted(places)
    before = log(checkout)
    last = [line.split()[-1] for line in before.splitlines()]
    assert last == ["made", "pip>=25.1", "torch==2.13.0", "dev"]
    assert make(checkout) == (0, "make: '.venv/.ready' is up to date.\n")
    assert log(checkout) == before


def test_a_python_that_will_not_do_is_told_before_anything_is_made(checkout: Path) -> None:
    python(checkout, "python3", "3.10")
    code, said = make(checkout)
    assert code == 2
    assert "needs Python 3.11, 3.12 or 3.13, and python3 is 3.10." in said
    assert "make .venv/.ready PYTHON=python3.12" in said
    assert log(checkout) == ""
    assert not (checkout / ".venv").exists()


def test_a_python_that_is_not_there_is_told(checkout: Path) -> None:
    code, said = make(checkout, "PYTHON=python3.99")
    assert code == 2
    assert "python3.99 is not there." in said


def test_what_is_asked_is_what_a_real_python_answers(checkout: Path) -> None:
    code, said = make(checkout, f"PYTHON={sys.executable}", "PYTHONS=2.7")
    assert code == 2
    assert f"is {sys.version_info.major}.{sys.version_info.minor}." in said


def test_a_python_without_venv_leaves_nothing_and_is_told_what_it_lacks(checkout: Path) -> None:
    python(checkout, "python3", "3.12", venv=1)
    code, said = make(checkout)
    assert code == 2
    assert "apt install python3.12-venv" in said
    assert not (checkout / ".venv").exists()
    python(checkout, "python3", "3.12")  # it was installed
    assert make(checkout)[0] == 0


@pytest.mark.parametrize("ready", [True, False])
def test_another_python_by_name_makes_it_anew(checkout: Path, ready: bool) -> None:
    make(checkout)
    if not ready:
        (checkout / ".venv" / ".ready").unlink()
    python(checkout, "python3.13", "3.13")
    code, said = make(checkout, "PYTHON=python3.13")
    assert code == 0
    assert "Making .venv with Python 3.13" in said
    assert log(checkout).splitlines()[-1].startswith("3.13 ")
    again = make(checkout, "PYTHON=python3.13")
    assert again == (0, "make: '.venv/.ready' is up to date.\n")
    # Who names none keeps what there is, whatever python3 is by now.
    python(checkout, "python3", "3.10")
    assert make(checkout) == again


def results(folder: Path, *arguments: str, goal: str = "results") -> tuple[int, str]:
    """What make would do, and what it says before it does any of it."""
    return make(folder, "-n", "-o", ".venv/.ready", *arguments, goal=goal)


def test_every_command_of_the_measurements_that_grades_is_run_by_make(checkout: Path) -> None:
    """Those that fit weights apart, which have their commands where they are told."""
    for name in ("blog.json.gz", "questions.jsonl"):
        (checkout / name).touch()
    goals = ("results", "results-collections", "results-blog", "results-own")
    run = "".join(results(checkout, goal=goal)[1] for goal in goals)
    page = (ROOT / "docs" / "measurements.md").read_text(encoding="utf-8")
    told = set(re.findall(r"python -m\s+(eval\.\w+)(?![\w.])", page)) - {"eval.fit"}
    looped = re.search(r"for name in (claims[\w ]+);", run)
    assert looped
    runs = {f"eval.{name}" for name in looped[1].split()} | set(re.findall(r"-m (eval\.\w+)", run))
    assert told <= runs
    assert len(told) > 10


def test_what_rests_on_files_that_others_lack_is_left_out_of_the_results(checkout: Path) -> None:
    code, said = results(checkout)
    assert code == 0
    assert "Left out: what rests on blog.json.gz, which is not there." in said
    assert "for name in sample mtrag " in said
    assert "blog_18f.jsonl" not in said
    (checkout / "blog.json.gz").touch()
    code, said = results(checkout)
    assert "Left out: what rests on questions.jsonl, which is not there." in said
    assert "for name in sample mtrag blog_18f " in said
    assert "baselines-questions" not in said
    (checkout / "questions.jsonl").touch()
    code, said = results(checkout)
    assert "Left out" not in said
    assert "for name in sample mtrag blog_18f questions;" in said
    assert "baselines-questions.md" in said


@pytest.mark.parametrize("name", ["BLOG", "QUESTIONS"])
def test_a_file_that_was_named_and_is_not_there_is_a_mistake(checkout: Path, name: str) -> None:
    make(checkout)
    code, said = make(checkout, f"{name}=nowhere.json", goal="results")
    assert code == 2
    assert f"{name}=nowhere.json is not there." in said
    assert not (checkout / "build").exists()


def test_after_a_change_of_versions_a_venv_that_will_do_is_kept(checkout: Path) -> None:
    make(checkout)
    os.utime(checkout / "constraints.txt", (2_000_000_000, 2_000_000_000))
    before = log(checkout)
    code, said = make(checkout)
    assert (code, "Making" in said) == (0, False)
    assert "made" not in log(checkout).removeprefix(before)


@pytest.mark.parametrize("version", ["", "3.10"])
def test_a_venv_that_is_broken_or_of_a_wrong_python_is_made_anew(
    checkout: Path, version: str
) -> None:
    make(checkout)
    inside = checkout / ".venv" / "bin"
    if version:
        python(inside, "python", version)
    else:
        (inside / "python").unlink()  # the Python that it was made with has been taken away
    code, said = make(checkout)
    assert code == 0
    assert "Making .venv with Python 3.12" in said
