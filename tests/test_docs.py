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

from rag.settings import Settings
from ui.cli import app

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
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


@pytest.mark.model
def test_the_readme_shows_what_really_happens(sample_index: Path) -> None:
    """Python blocks run in order, `$ pullquote …` lines too; a block of text is their output."""
    names: dict[str, Any] = {}
    said = ""
    blocks = _FENCE.findall(README)
    assert {"python", "text", "console"} <= {language for language, _ in blocks}
    for language, block in blocks:
        if language == "python":
            with contextlib.redirect_stdout(io.StringIO()) as out:
                exec(compile(block, "README.md", "exec"), names)
            said = out.getvalue()
        elif language == "text":
            assert block == said
        elif language == "console":
            command, _, shown = block.partition("\n")
            result = CliRunner().invoke(app, shlex.split(command.removeprefix("$ pullquote ")))
            assert (result.exit_code, result.stdout) == (0, shown)


@pytest.fixture
def sample_index(tmp_path: Path) -> Path:
    """The bundled sample in `index` of the working folder, where the examples look for it."""
    from rag.settings import load_settings
    from ui.commands.sample import ingest_sample

    settings = load_settings(index=tmp_path / "index")
    ingest_sample(settings)
    return settings.index
