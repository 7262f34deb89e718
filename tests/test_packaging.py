"""What is installed is what is imported."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from test_architecture import PACKAGES, imports, modules, place

from rag.checking.as_numbers import WEIGHTS

ROOT = Path(__file__).resolve().parents[1]
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT: dict[str, Any] = PYPROJECT["project"]

INSTALLED = [file for file in modules() if not place(file).startswith("bench/")]
_DISTRIBUTIONS = {  # whose name is not that of what is imported
    "llama_index": "llama-index-core",
    "pyarrow": "ray",  # what ray[data] is made of
    "sklearn": "scikit-learn",
}


def named(requirements: list[Any]) -> set[str]:
    """The packages, without versions and extras, in one spelling."""
    return {
        re.split(r"[^\w.-]", one)[0].lower().replace("_", "-")
        for one in requirements
        if isinstance(one, str)
    }


ALWAYS = named(PROJECT["dependencies"])
WHERE_WANTED = named(
    [
        one
        for lists in (PROJECT["optional-dependencies"], PYPROJECT["dependency-groups"])
        for requirements in lists.values()
        for one in requirements
    ]
)


@pytest.mark.parametrize("file", INSTALLED, ids=place)
def test_what_is_imported_is_declared(file: Path) -> None:
    tops = {name.split(".")[0] for name in imports(file)}
    others = tops - set(PACKAGES) - set(sys.stdlib_module_names)
    packages = {_DISTRIBUTIONS.get(top, top).lower().replace("_", "-") for top in others}
    missing = packages - ALWAYS - WHERE_WANTED
    assert not missing, f"{place(file)} imports {missing}: name it in pyproject.toml"


def test_the_tested_version_of_what_is_declared_is_known() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    tested = {line.partition("==")[0].lower().replace("_", "-") for line in lines if "==" in line}
    assert tested >= ALWAYS


def test_weights_of_a_judge_and_what_was_fitted_to_them_are_shipped_together() -> None:
    fitted = [
        "read_support" in json.loads(file.read_text(encoding="utf-8"))
        for file in WEIGHTS.parent.glob("calibration-*.json")
    ]
    assert fitted
    assert set(fitted) == {WEIGHTS.is_file()}
