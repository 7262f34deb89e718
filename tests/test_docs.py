"""What the documentation says is what the program does."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
from annotated_types import Ge, Gt, Le
from pydantic import SecretStr
from pydantic.fields import FieldInfo
from typer.main import get_command
from typer.testing import CliRunner

import rag
from rag.settings import Settings, load_settings
from ui.cli import app
from ui.commands.sample import ingest_sample

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
PYTHON = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
SETTINGS = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")

_TYPES = {
    str: "text",
    SecretStr: "secret text",
    int: "whole number",
    float: "number",
    Path: "path",
    bool: "true or false",
}
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

# ---------------------------------------------------------------- commands


def commands() -> dict[str, Any]:
    return dict(_commands(get_command(app)))


def _commands(group: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    """Every command, those of a group with the group's name in front."""
    for name, command in group.commands.items():
        yield before + name, command
        if hasattr(command, "commands"):
            yield from _commands(command, f"{before}{name} ")


def section_of(command: str) -> str:
    """What docs/commands.md says under `## pullquote <command>`."""
    parts = re.split(r"^## ", COMMANDS, flags=re.MULTILINE)
    return next((one for one in parts if one.startswith(f"pullquote {command}\n")), "")


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_is_documented_with_all_its_options_and_an_example(name: str) -> None:
    text = section_of(name)
    assert text, f"docs/commands.md has no section `## pullquote {name}`"
    assert f"pullquote {name}" in text, "no example"
    for parameter in commands()[name].params:
        for option in (*parameter.opts, *parameter.secondary_opts):
            if option.startswith("--") and option != "--help":
                assert f"`{option}" in text, f"`{option}` of {name} is not in docs/commands.md"


def test_no_option_is_documented_that_does_not_exist() -> None:
    for name, command in commands().items():
        known = {"--help", "--version"} | {
            option
            for parameter in command.params
            for option in (*parameter.opts, *parameter.secondary_opts)
        }
        said = set(re.findall(r"`(--[a-z-]+)", section_of(name)))
        assert said <= known, f"{name} has no {said - known}"


# ---------------------------------------------------------------- settings


def settings_rows() -> list[str]:
    """The table of docs/settings.md, as the settings themselves have it."""
    return [_row(name, field) for name, field in Settings.model_fields.items()]


def _row(name: str, field: FieldInfo) -> str:
    default = field.default
    shown = "none" if default is None else "empty" if default in ("", ()) else f"`{default}`"
    cells = [f"`{name}`", _type(field.annotation), _range(field), shown, _sentence(field)]
    return f"| {' | '.join(cells)} |"


def _type(annotation: Any) -> str:
    if get_origin(annotation) is Literal:
        return "one of " + ", ".join(f"`{value}`" for value in get_args(annotation))
    if get_origin(annotation) is tuple:
        return "list of texts"
    choices = [one for one in get_args(annotation) if one is not type(None)]
    return _TYPES[choices[0]] if choices else _TYPES[annotation]


def _range(field: FieldInfo) -> str:
    low = high = ""
    for bound in field.metadata:
        if isinstance(bound, Ge):
            low = f"{bound.ge:,}"
        elif isinstance(bound, Gt):
            low = f"above {bound.gt:,}"
        elif isinstance(bound, Le):
            high = f"{bound.le:,}"
    return f"{low} to {high}" if low else ""


def _sentence(field: FieldInfo) -> str:
    return " ".join((field.description or "").split())


def test_every_setting_is_documented_as_it_is() -> None:
    said = [line for line in SETTINGS.splitlines() if line.startswith("| `")]
    assert said == settings_rows()


# ---------------------------------------------------------------- README


def test_the_changelog_has_a_section_for_what_comes_next() -> None:
    assert "## [Unreleased]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "file", [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")], ids=lambda f: f.name
)
def test_links_inside_the_project_lead_somewhere(file: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", file.read_text(encoding="utf-8")):
        assert (file.parent / target).exists(), f"{target} is not there"


def test_figures_of_the_readme_are_those_of_the_evaluation() -> None:
    figures = re.findall(r"\d\.\d{3} \[\d\.\d{3}, \d\.\d{3}\]", README)
    assert len(figures) >= 3
    measured = (ROOT / "docs" / "evaluation.md").read_text(encoding="utf-8")
    assert [one for one in figures if one not in measured] == []


def test_a_figure_of_the_readme_is_of_a_set_that_nothing_was_fitted_on_or_is_marked() -> None:
    rows = [line for line in README.splitlines() if re.search(r"\d\.\d{3} \[", line)]
    seen = [row for row in rows if "MTRAG-UN" not in row]
    assert len(seen) < len(rows)
    assert [row for row in seen if not row.startswith("| *seen family*")] == []


def test_a_figure_of_the_readme_is_of_files_that_anybody_can_get() -> None:
    """The questions about the blog are not published, nor are its posts."""
    rows = [line for line in README.splitlines() if re.search(r"\d\.\d{3} \[", line)]
    assert [row for row in rows if not re.search("MTRAG-UN|CLAPNQ", row)] == []
    assert [row for row in rows if re.search(r"questions\.jsonl|blog", row)] == []
    by = {row.split("|")[-2].strip() for row in rows}
    commands = {letter: line for line in README.splitlines() for letter in by
                if re.fullmatch(rf"    \S.* # {letter}", line)}  # fmt: skip
    assert commands.keys() == by


def test_the_hashes_of_the_readme_are_those_of_the_files_that_were_measured() -> None:
    hashes = re.findall(r"`([0-9a-f]{64})`", README)
    assert len(hashes) == 3
    measured = (ROOT / "docs" / "results" / "refusals.md").read_text(encoding="utf-8")
    assert [one for one in hashes if f"sha256 {one[:12]}…" not in measured] == []


# ---------------------------------------------------------------- examples


@pytest.mark.model
def test_the_readme_shows_what_really_happens(sample_index: Path) -> None:
    assert {"python", "text", "console"} <= {language for language, _ in _FENCE.findall(README)}
    assert run_examples(README) == []


@pytest.mark.model
def test_the_python_page_shows_what_really_happens(sample_index: Path) -> None:
    assert run_examples(PYTHON) == []


def test_each_example_of_the_python_page_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it prints rests on the model; that it runs does not."""
    for name, value in {"embedding_model": "hash", "min_answerable": "0"}.items():
        monkeypatch.setenv(f"PULLQUOTE_{name.upper()}", value)
    ingest_sample(load_settings(index=tmp_path / "index"))
    run_examples(PYTHON)


def test_the_python_page_shows_every_public_name_and_method() -> None:
    code = "".join(block for language, block in _FENCE.findall(PYTHON) if language == "python")
    asked = {name for name in vars(rag.Assistant) if not name.startswith("_")}
    inner = {"pipeline"}  # what the others rest on
    assert [name for name in asked - inner if f".{name}" not in code] == []
    assert [name for name in rag.__all__ if not re.search(rf"\b{name}\b", PYTHON)] == []


def run_examples(page: str) -> list[tuple[str, str]]:
    """What is shown of an output and is not it, beside what it is.

    Blocks of Python run in order, with the same names, and `$ pullquote …` lines too; a block of
    text is the output of the Python before it.
    """
    names: dict[str, Any] = {}
    said = ""
    wrong: list[tuple[str, str]] = []
    for language, block in _FENCE.findall(page):
        if language == "python":
            with contextlib.redirect_stdout(io.StringIO()) as out:
                exec(compile(block, "an example", "exec"), names)
            said = out.getvalue()
        elif language == "text":
            wrong += [(block, said)] if block != said else []
        elif language == "console":
            command, _, shown = block.partition("\n")
            result = CliRunner().invoke(app, shlex.split(command.removeprefix("$ pullquote ")))
            assert result.exit_code == 0
            wrong += [(shown, result.stdout)] if shown != result.stdout else []
    return wrong


@pytest.fixture
def sample_index(tmp_path: Path) -> Path:
    """The bundled sample in `index` of the working folder, where the examples look for it."""
    settings = load_settings(index=tmp_path / "index")
    ingest_sample(settings)
    return settings.index
