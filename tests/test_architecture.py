"""The drawing of docs/architecture.md as a test."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

PACKAGES = ["rag", "ingest", "eval", "ui", "bench"]  # each may import what stands before it

INGEST: dict[
    str, set[str]
] = {  # inside ingest, what a package may import; what stands beside them may import all
    "html": set(),
    "posts": {"html"},
    "files": {"html", "posts"},
    "live": {"html", "posts"},
    "sample": set(),
}

UI: dict[str, set[str]] = {  # the same inside ui; what stands beside them may import all
    "doors": set(),
    "owner": {"doors"},
    "page": {"doors", "owner"},
    "marking": {"doors"},
    "assets": set(),
}
MAY_IMPORT = {"ingest": INGEST, "ui": UI}

STAGES = [  # inside rag, a module may import what stands above it
    "types",
    "errors",
    "stopping",
    "place",
    "origins",
    "replacing",
    "settings",
    "text",
    "number_words",
    "leaning",
    "whole",
    "short_answers",
    "language",
    "differing",
    "date_words",
    "recognise",
    "record_words",
    "spelling",
    "links",
    "record",
    "asked",
    "calibration",
    "embed",
    "bundled",
    "numpy_cores",
    "numpy_bert",
    "embed_tokens",
    "embed_numpy",
    "embed_load",
    "cores",
    "embed_model",
    "identity",
    "catalog_faults",
    "writer_lock",
    "catalog_engine",
    "catalog_schema",
    "catalog_sqlite",
    "catalog_stems",
    "catalog_copy",
    "catalog_postgres_faults",
    "catalog_postgres_schema",
    "catalog_postgres_words",
    "catalog_postgres",
    "catalog",
    "catalog_probe",
    "catalog_sources",
    "catalog_forgotten",
    "catalog_find",
    "catalog_filters",
    "catalog_files",
    "catalog_write",
    "catalog_read",
    "catalog_vectors",
    "catalog_posts",
    "catalog_lexicon",
    "catalog_languages",
    "index_languages",
    "lexicon",
    "newer",
    "late",
    "exact",
    "chroma_folder",
    "chroma_server",
    "vectors",
    "search_home",
    "rebuild",
    "current_search",
    "index",
    "health",
    "own_calibration",
    "forget",
    "backup",
    "prompts",
    "network",
    "reader",
    "reader_text",
    "reader_numpy",
    "reader_model",
    "cross_encoder",
    "rerank",
    "record_questions",
    "pointing",
    "followups",
    "understand",
    "candidates",
    "retrieve",
    "retrieve_words",
    "retrieve_records",
    "write_quotes",
    "write_record",
    "marks",
    "chat_spend",
    "chat_trouble",
    "chat_loop",
    "chat",
    "condense",
    "chat_fit",
    "write_chat",
    "judge",
    "judge_text",
    "judge_numpy",
    "judge_model",
    "judges",
    "foreign",
    "verify",
    "answer_cache",
    "pipeline",
    "chain",
    "backends",
    "assistant",
]

HOMES = {  # a package may be imported in these files and nowhere else
    "chromadb": ["rag/vectors.py", "rag/chroma_*.py", "bench/hnsw_runs.py"],
    "sqlite3": ["rag/catalog*.py"],
    "psycopg": ["rag/catalog_postgres*.py"],
    "gradio": ["ui/page/*.py"],
    "limits": ["ui/doors/rates.py"],
    "prometheus_client": ["ui/doors/metrics.py"],
    "urllib3": ["ingest/live/fetch.py", "eval/other_http.py"],
    "mcp": ["ui/doors/mcp_tools.py"],
    "itsdangerous": ["ui/doors/access.py"],
    "typer": ["ui/cli*.py"],
    "py3langid": ["rag/language.py"],
    "ray": ["ingest/on_ray.py"],
    "pyarrow": ["ingest/on_ray.py"],
    "threadpoolctl": ["rag/numpy_cores.py"],
    "sentence_transformers": [
        "rag/embed*.py",
        "rag/cross_encoder.py",
        "bench/ingest_runs.py",
    ],
    "torch": [
        "rag/embed*.py",
        "rag/cores.py",
        "rag/network.py",
        "rag/reader_model.py",
        "rag/judge_model.py",
        "rag/cross_encoder.py",
        "eval/fit*.py",
        "bench/ingest_runs.py",
        "bench/bench_embed.py",
    ],
    "langchain": [
        "rag/chain.py",
        "rag/backends.py",
        "rag/write_chat.py",
        "rag/chat.py",
        "rag/condense.py",
        "rag/judges.py",
    ],
}
EXEMPT = "eval/systems.py"  # runs other systems with their own frameworks

LONGEST = 300  # lines of a module
EVERY_NOUN = "rag/types.py"  # in one file, however many there are


def modules() -> list[Path]:
    return sorted(file for name in PACKAGES for file in (ROOT / name).rglob("*.py"))


def place(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def dotted(file: Path) -> str:
    return place(file).removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def imports(file: Path) -> Iterator[str]:
    """Every module that a file imports, also inside functions; `a.b` for `from a import b`."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{place(file)}: a relative import"
            module = node.module or ""
            for alias in node.names:
                whole = f"{module}.{alias.name}"
                yield whole if is_module(whole) else module


def ours(file: Path) -> set[str]:
    return {name for name in imports(file) if name.split(".")[0] in PACKAGES}


@pytest.mark.parametrize("file", modules(), ids=place)
def test_packages_point_one_way(file: Path) -> None:
    own = PACKAGES.index(place(file).split("/")[0])
    against = {name for name in ours(file) if PACKAGES.index(name.split(".")[0]) > own}
    assert not against, f"{place(file)} must not import {against}"


@pytest.mark.parametrize("file", sorted((ROOT / "rag").glob("*.py")), ids=place)
def test_a_stage_imports_only_what_stands_above_it(file: Path) -> None:
    if file.name == "__init__.py":
        return
    assert file.stem in STAGES, f"give {file.stem} its place in STAGES and docs/architecture.md"
    above = {f"rag.{name}" for name in STAGES[: STAGES.index(file.stem)]}
    below = {name for name in ours(file) if name.startswith("rag.")} - above
    assert not below, f"{place(file)} must not import {below}"


@pytest.mark.parametrize(
    ("outer", "package"), [(outer, name) for outer, inner in MAY_IMPORT.items() for name in inner]
)
def test_packages_inside_a_package_point_one_way(outer: str, package: str) -> None:
    inner = MAY_IMPORT[outer]
    against = inner.keys() - {package, *inner[package]}
    if outer == "ingest":  # whose packages do not import what stands beside them either
        against |= {file.stem for file in (ROOT / outer).glob("*.py")}
    files = sorted((ROOT / outer / package).rglob("*.py"))
    assert files
    for file in files:
        own = {name.split(".")[1] for name in ours(file) if name.startswith(f"{outer}.")}
        assert not own & against, f"{place(file)} must not import {own & against}"


def test_every_package_of_ui_has_its_place() -> None:
    packages = {file.parent.name for file in (ROOT / "ui").glob("*/__init__.py")}
    assert packages == set(UI)


def test_every_package_is_installed() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    there = {
        dotted(file)
        for name in set(PACKAGES) - {"bench"}
        for file in (ROOT / name).rglob("__init__.py")
    }
    assert set(config["tool"]["setuptools"]["packages"]) == there


def test_every_module_of_ingest_has_its_place_and_is_drawn() -> None:
    packages = {file.parent.name for file in (ROOT / "ingest").glob("*/__init__.py")}
    assert packages == set(INGEST)
    drawn = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    house = drawn.partition("\ningest/")[2].partition("\neval/")[0]
    for file in (ROOT / "ingest").rglob("*.py"):
        assert file.name == "__init__.py" or file.name in house.split(), place(file)


def frameworks(file: Path) -> Iterator[tuple[str, str]]:
    """Every module that a file imports, and the framework that it belongs to."""
    for name in imports(file):
        top = name.split(".")[0]
        yield name, "langchain" if top.startswith(("langchain", "langgraph")) else top


@pytest.mark.parametrize(
    ("framework", "home"), [(name, home) for name, homes in HOMES.items() for home in homes]
)
def test_a_home_is_lived_in_and_drawn(framework: str, home: str) -> None:
    files = [file for file in modules() if fnmatch(place(file), home)]
    assert any(framework == one for file in files for _, one in frameworks(file)), home
    drawn = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    arrows = drawn.partition("## The arrows")[2].partition("\n## ")[0]
    assert f"`{home.replace('ui/page/*.py', 'ui/page/')}`" in arrows


@pytest.mark.parametrize("file", modules(), ids=place)
def test_a_framework_stays_in_its_home(file: Path) -> None:
    if place(file) == EXEMPT:
        return
    for name, framework in frameworks(file):
        homes = HOMES.get(framework)
        at_home = homes is None or any(fnmatch(place(file), home) for home in homes)
        assert at_home, f"{place(file)} imports {name}, whose home is {homes}"


SQLITES_OWN = {  # what only SQLite says, and where it may
    "MATCH ?", "GLOB ", "NOCASE", "json_each(", "json_array_length(", "INSERT OR ", "PRAGMA ", "?1",
}  # fmt: skip
SPEAK_SQLITE = {
    f"rag/catalog_{name}.py"
    for name in ("sqlite", "schema", "stems", "copy", "files", "faults", "probe")
}


@pytest.mark.parametrize("file", sorted((ROOT / "rag").glob("*.py")), ids=place)
def test_only_sqlites_own_files_say_what_postgres_does_not_understand(file: Path) -> None:
    if place(file) in SPEAK_SQLITE:
        return
    text = file.read_text(encoding="utf-8")
    assert not [words for words in SQLITES_OWN if words in text]


@pytest.mark.parametrize("file", modules(), ids=place)
def test_nothing_imports_its_own_package(file: Path) -> None:
    parents = dotted(file).split(".")[:-1] if file.name != "__init__.py" else []
    own = {".".join(parents[:n]) for n in range(1, len(parents) + 1)}
    assert not own & ours(file), f"{place(file)} imports {own & ours(file)}; name the module"


def test_nothing_goes_in_a_circle() -> None:
    graph = {dotted(file): ours(file) - {dotted(file)} for file in modules()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"a circle: {' → '.join(error.args[1])}")


def test_every_stage_is_a_file_and_is_drawn() -> None:
    drawn = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    for name in STAGES:
        assert (ROOT / "rag" / f"{name}.py").is_file(), f"there is no rag/{name}.py"
        assert f"{name}.py" in drawn, f"docs/architecture.md does not name {name}.py"


def test_every_folder_is_drawn_and_every_drawn_one_is_there() -> None:
    drawn = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    house = drawn.partition("## The house")[2].partition("\n## ")[0]
    named = set(re.findall(r"^(\w+)/", house, re.MULTILINE))
    assert named >= {*PACKAGES, "wordpress", "tests", "docs"}
    assert all((ROOT / name).is_dir() for name in named)
    code = {file.relative_to(ROOT).parts[0] for file in ROOT.glob("[a-z]*/*.p[hy]*")}
    assert code - {"build"} <= named


@pytest.mark.parametrize("file", modules(), ids=place)
def test_only_the_check_makes_an_answer(file: Path) -> None:
    if place(file) == "rag/verify.py":
        return
    tree = ast.parse(file.read_text(encoding="utf-8"))
    aliases = {
        alias.asname
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name == "Answer" and alias.asname not in (None, "Answer")
    }
    assert not aliases, f"{place(file)} calls Answer {aliases}: call it by its name"
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        assert name != "Answer", f"{place(file)}:{node.lineno} makes an Answer"
        # dataclasses.replace would make another one out of a checked one.
        changed = {one.arg for one in node.keywords} if name in ("replace", "__replace__") else ()
        unchecked = {"sentences", "rejected", "citations", "basis", "support"} & set(changed)
        assert not unchecked, f"{place(file)}:{node.lineno} changes {unchecked} of an Answer"


@pytest.mark.parametrize("file", modules(), ids=place)
def test_a_module_fits_in_the_head(file: Path) -> None:
    lines = len(file.read_text(encoding="utf-8").splitlines())
    fits = lines <= LONGEST or place(file) == EVERY_NOUN
    assert fits, f"{place(file)} has {lines} lines: split it"


@pytest.mark.parametrize("file", sorted((ROOT / "tests").glob("*.py")), ids=place)
def test_tests_use_real_parts(file: Path) -> None:
    assert not [name for name in imports(file) if name.startswith("unittest")]


def test_importing_rag_imports_no_framework() -> None:
    import subprocess
    import sys

    code = "import sys, rag; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert not set(HOMES) & set(loaded)
