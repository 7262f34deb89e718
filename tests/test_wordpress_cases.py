"""The table of docs/wordpress-cases.md names the tests that there are, and all of them."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TABLE = (ROOT / "docs" / "wordpress-cases.md").read_text(encoding="utf-8")
ROWS = {
    int(number): re.findall(r"`(test_\w+)`", cells)
    for number, cells in re.findall(r"^\| (\d+) \|(.*)\|$", TABLE, re.MULTILINE)
}
TESTS = [
    node.name
    for file in sorted((ROOT / "tests").glob("test_nasty_*.py"))
    for node in ast.parse(file.read_text(encoding="utf-8")).body
    if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
]


def test_there_are_forty_cases() -> None:
    assert list(ROWS) == list(range(1, 41))


@pytest.mark.parametrize("number", range(1, 41))
def test_a_case_names_exactly_its_tests(number: int) -> None:
    own = [name for name in TESTS if name.startswith(f"test_case_{number:02}_")]
    assert own
    assert ROWS[number] == own


def test_every_nasty_test_has_a_case() -> None:
    assert sorted(TESTS) == sorted(name for names in ROWS.values() for name in names)
