"""What `from rag import …` gives."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path
from typing import Any, get_type_hints

import pytest

import rag
from rag import Assistant
from rag.types import Answer, CheckedSentence

INIT = Path(rag.__file__ or "")


def tree() -> ast.Module:
    return ast.parse(INIT.read_text(encoding="utf-8"))


def test_the_list_of_public_names_is_written_out_and_is_what_type_checkers_see() -> None:
    (names,) = (
        node.value
        for node in tree().body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    )
    assert ast.literal_eval(names) == sorted(rag.__all__, key=lambda name: (name.islower(), name))
    imported = {
        alias.name: node.module
        for node in ast.walk(tree())
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("rag.")
        for alias in node.names
    }
    assert imported.keys() == set(rag.__all__)
    assert imported == {name: getattr(rag, name).__module__ for name in rag.__all__}


def test_there_is_nothing_else() -> None:
    assert dir(rag) == sorted(rag.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Pipeline'"):
        rag.Pipeline  # noqa: B018


# Who opens an assistant is handed these and need not know what they are.
INNER = {"Index", "Pipeline", "Embedder", "Writer"}


def named_in(hint: Any) -> set[str]:
    """The classes of this project in a type, also inside tuples and unions."""
    inside = set().union(*map(named_in, getattr(hint, "__args__", ())))
    own = getattr(hint, "__module__", "").startswith("rag.") and inspect.isclass(hint)
    return inside | {hint.__name__} if own else inside


def test_what_public_methods_take_and_give_has_a_public_name() -> None:
    named: set[str] = set()
    for name, member in vars(Assistant).items():
        function = getattr(member, "fget", None) or getattr(member, "func", member)
        function = getattr(function, "__func__", function)
        if not name.startswith("_") and inspect.isfunction(function):
            named |= named_in(tuple[tuple(_hints(function).values())])  # type: ignore[misc]
    for kind in (Answer, CheckedSentence):
        hints = get_type_hints(kind)
        named |= named_in(tuple[hints.get("sentences", str), hints.get("citations", str)])  # type: ignore[misc]
    named |= named_in(get_type_hints(CheckedSentence)["basis"])
    assert named >= {"Answer", "Query", "Found", "Provenance", "Citation", "Basis", "AnswerChain"}
    assert named - INNER <= set(rag.__all__)


def _hints(function: Any) -> dict[str, Any]:
    from rag.chain import AnswerChain, SectionRetriever

    here = {"AnswerChain": AnswerChain, "SectionRetriever": SectionRetriever}
    return get_type_hints(function, localns=here)


def test_importing_it_costs_nothing() -> None:
    said = "import rag, sys; print(sorted(name for name in sys.modules if name.startswith('rag')))"
    done = subprocess.run(
        [sys.executable, "-c", said],
        capture_output=True,
        text=True,
        check=True,
        cwd=INIT.parents[1],
    )
    assert done.stdout == "['rag']\n"
