"""The workflow of docs/evaluation.md, which people copy; as far as it is known without GitHub."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from eval.gate import threshold

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "docs" / "evaluation.md").read_text(encoding="utf-8")
(BLOCK,) = re.findall(r"^```yaml\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
WORKFLOW = yaml.safe_load(BLOCK)
STEPS: list[dict[str, Any]] = WORKFLOW["jobs"]["answers"]["steps"]


def test_its_cache_rests_on_a_file_that_an_earlier_step_brings() -> None:
    """The repository has posts and cases alone; setup-python fails where there is no such file."""
    (python,) = (n for n, one in enumerate(STEPS) if "setup-python" in one.get("uses", ""))
    folder, _, file = STEPS[python]["with"]["cache-dependency-path"].partition("/")
    assert folder in [one.get("with", {}).get("path") for one in STEPS[:python]]
    assert (ROOT / file).is_file()


def test_it_installs_what_was_tested_with_torch_for_the_processor_first() -> None:
    installs = [one["run"] for one in STEPS if "pip install" in one.get("run", "")]
    assert len(installs) == 2
    assert all("-c pullquote/constraints.txt" in one for one in installs)
    pinned = re.search(r"^torch==(\S+)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    assert pinned
    assert (
        f"torch=={pinned[1]} --extra-index-url https://download.pytorch.org/whl/cpu" in installs[0]
    )


def test_a_fork_gets_no_comment_and_no_failure_for_it() -> None:
    (comment,) = (one for one in STEPS if "gh pr comment" in one.get("run", ""))
    assert "head.repo.full_name == github.repository" in comment["if"]
    assert comment["continue-on-error"] is True


def test_its_report_is_shown_only_where_there_is_one() -> None:
    shown = [one for one in STEPS if "report/report.md" in one.get("run", "")]
    assert len(shown) == 2
    for one in shown:
        assert "hashFiles('report/report.md') != ''" in one["if"]


def test_its_thresholds_are_of_figures_that_there_are() -> None:
    named = re.findall(r"--fail-under (\S+)", BLOCK)
    assert [threshold(one, "under").bound for one in named] == [0.75, 0.5]
