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
    "commands": {"doors", "owner", "page", "marking"},
    "assets": set(),
}
RAG: dict[str, set[str]] = {  # the same inside rag
    "text": set(),
    "embedding": {"text"},
    "catalog": {"text", "embedding"},
    "index": {"text", "embedding", "catalog"},
    "reading": {"embedding"},
    "understanding": {"text", "catalog", "index"},
    "retrieval": {"text", "embedding", "catalog", "index", "reading"},
    "chat": {"text"},
    "writing": {"text", "chat"},
    "checking": {"text", "embedding", "reading", "retrieval", "chat"},
    "models": set(),
}

EVAL: dict[str, set[str]] = {  # the same inside eval
    "cases": set(),
    "corpora": {"cases"},
    "datasets": {"cases"},
    "systems": {"cases", "corpora"},
    "judging": {"cases", "datasets", "systems"},
    "report": {"cases", "systems"},
    "fit": {"cases", "datasets", "judging"},
    "assets": set(),
    "data": set(),
}
MAY_IMPORT = {"rag": RAG, "ingest": INGEST, "eval": EVAL, "ui": UI}

STAGES = [  # inside rag, a module may import what stands above it
    "types",
    "errors",
    "stopping",
    "place",
    "origins",
    "replacing",
    "settings",
    "text.sentences",
    "text.number_words",
    "text.calendar_words",
    "text.leaning",
    "text.whole",
    "text.short_answers",
    "text.language",
    "text.differing",
    "text.date_words",
    "text.post_words",
    "text.post_dates",
    "text.left_out",
    "text.names",
    "text.inflections",
    "text.itself",
    "text.unknown_tags",
    "text.recognise",
    "text.tally_words",
    "text.record_words",
    "text.spelling",
    "text.saying",
    "links",
    "limit_fields",
    "record",
    "asked",
    "calibration",
    "embedding.embedder",
    "embedding.bundled",
    "embedding.numpy_cores",
    "embedding.numpy_bert",
    "embedding.tokens",
    "embedding.of_bundled",
    "embedding.with_numpy",
    "embedding.cores",
    "embedding.precision",
    "embedding.torch_bert",
    "embedding.on_cores",
    "embedding.load",
    "embedding.with_torch",
    "catalog.identity",
    "catalog.faults",
    "catalog.writer_lock",
    "catalog.engine",
    "catalog.acronyms",
    "catalog.schema",
    "catalog.sqlite",
    "catalog.stems",
    "catalog.copy",
    "catalog.postgres_faults",
    "catalog.postgres_schema",
    "catalog.postgres_words",
    "catalog.postgres",
    "catalog.catalog",
    "catalog.probe",
    "catalog.sources",
    "catalog.forgotten",
    "catalog.find",
    "catalog.filters",
    "catalog.files",
    "catalog.write",
    "catalog.read",
    "catalog.vectors",
    "catalog.posts",
    "catalog.lexicon",
    "catalog.languages",
    "index.languages",
    "index.lexicon",
    "index.named_sections",
    "index.quoted_post",
    "index.newer",
    "retrieval.late",
    "index.exact",
    "index.chroma_folder",
    "index.chroma_server",
    "index.vectors",
    "index.search_home",
    "index.rebuild",
    "index.current_search",
    "index.index",
    "index.health",
    "index.own_calibration",
    "index.forget",
    "index.backup",
    "chat.prompts",
    "embedding.network",
    "reading.reader",
    "reading.as_numbers",
    "reading.with_numpy",
    "reading.with_torch",
    "reading.cross_encoder",
    "reading.rerank",
    "understanding.tally_questions",
    "understanding.record_questions",
    "understanding.mentioned",
    "understanding.pointing",
    "understanding.named_post",
    "understanding.condensing",
    "understanding.courtesy",
    "understanding.said_names",
    "understanding.in_place",
    "understanding.followups",
    "understanding.among_them",
    "understanding.record_followups",
    "understanding.understand",
    "retrieval.candidates",
    "retrieval.preferred",
    "retrieval.retrieve",
    "retrieval.by_words",
    "retrieval.of_dates",
    "retrieval.of_tallies",
    "retrieval.of_records",
    "writing.quotes",
    "writing.from_records",
    "chat.marks",
    "chat.spend",
    "chat.trouble",
    "chat.loop",
    "chat.model",
    "chat.room",
    "chat.condense",
    "writing.with_chat",
    "checking.judge",
    "checking.as_numbers",
    "checking.with_numpy",
    "checking.with_torch",
    "checking.by_name",
    "checking.foreign",
    "checking.clock",
    "checking.verify",
    "answer_cache",
    "pipeline",
    "chain",
    "backends",
    "assistant",
]

HOMES = {  # a package may be imported in these files and nowhere else
    "chromadb": ["rag/index/vectors.py", "rag/index/chroma_*.py", "bench/hnsw_runs.py"],
    "sqlite3": ["rag/catalog/*.py"],
    "psycopg": ["rag/catalog/postgres*.py"],
    "gradio": ["ui/page/*.py"],
    "limits": ["ui/doors/rates.py"],
    "prometheus_client": ["ui/doors/metrics.py"],
    "urllib3": ["ingest/live/fetch.py", "eval/systems/http.py"],
    "mcp": ["ui/doors/mcp_tools.py"],
    "itsdangerous": ["ui/doors/access.py"],
    "typer": ["ui/cli.py", "ui/commands/cli_*.py"],
    "py3langid": ["rag/text/language.py"],
    "ray": ["ingest/on_ray.py"],
    "pyarrow": ["ingest/on_ray.py"],
    "threadpoolctl": ["rag/embedding/numpy_cores.py"],
    "sentence_transformers": [
        "rag/embedding/*.py",
        "rag/reading/cross_encoder.py",
        "bench/ingest_runs.py",
    ],
    "torch": [
        "rag/embedding/*.py",
        "rag/reading/with_torch.py",
        "rag/checking/with_torch.py",
        "rag/reading/cross_encoder.py",
        "eval/fit/*.py",
        "bench/ingest_runs.py",
        "bench/bench_embed.py",
    ],
    "langchain": [
        "rag/chain.py",
        "rag/backends.py",
        "rag/writing/with_chat.py",
        "rag/chat/model.py",
        "rag/chat/condense.py",
        "rag/checking/by_name.py",
    ],
}
EXEMPT = "eval/systems/retrievers.py"  # runs other systems with their own frameworks

LONGEST = 300  # lines of a module
EVERY_NOUN = "rag/types.py"  # in one file, however many there are

LONGEST_FUNCTION = 40  # lines of its body, from the first statement to the last
LONGER = {  # lists of doors and of options, which nothing is gained by parting; no others
    ("ui/commands/cli_ingest.py", "ingest"),
    ("ui/doors/health.py", "health_routes"),
    ("ui/doors/login.py", "login_routes"),
    ("ui/doors/mcp_tools.py", "mcp_server"),
}


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


@pytest.mark.parametrize("file", sorted((ROOT / "rag").rglob("*.py")), ids=place)
def test_a_stage_imports_only_what_stands_above_it(file: Path) -> None:
    if file.name == "__init__.py":
        return
    stage = dotted(file).removeprefix("rag.")
    assert stage in STAGES, f"give {stage} its place in STAGES and docs/architecture.md"
    above = {f"rag.{name}" for name in STAGES[: STAGES.index(stage)]}
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


@pytest.mark.parametrize("file", sorted((ROOT / "ui").glob("*.py")), ids=place)
def test_only_the_command_line_knows_commands(file: Path) -> None:
    if file.name != "cli.py":
        assert not [name for name in ours(file) if name.startswith("ui.commands")]


def test_every_module_of_commands_is_drawn() -> None:
    drawn = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    house = drawn.partition("\n  commands/")[2].partition("\n  page/")[0].split()
    for file in (ROOT / "ui" / "commands").glob("*.py"):
        assert file.name == "__init__.py" or file.name in house, place(file)


@pytest.mark.parametrize("outer", MAY_IMPORT)
def test_every_package_inside_a_package_has_its_place(outer: str) -> None:
    packages = {file.parent.name for file in (ROOT / outer).glob("*/__init__.py")}
    assert packages == set(MAY_IMPORT[outer])


def test_every_package_is_installed() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    there = {
        dotted(file)
        for name in set(PACKAGES) - {"bench"}
        for file in (ROOT / name).rglob("__init__.py")
    }
    assert set(config["tool"]["setuptools"]["packages"]) == there


def test_every_module_of_ingest_has_its_place_and_is_drawn() -> None:
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
    f"rag/catalog/{name}.py"
    for name in ("sqlite", "schema", "stems", "copy", "files", "faults", "probe")
}


@pytest.mark.parametrize("file", sorted((ROOT / "rag").rglob("*.py")), ids=place)
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
    house = drawn.partition("\nrag/")[2].partition("\ningest/")[0].split()
    for name in STAGES:
        path = ROOT.joinpath("rag", *name.split(".")).with_suffix(".py")
        assert path.is_file(), f"there is no {place(path)}"
        assert path.name in house, f"docs/architecture.md does not name {name}"


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
    if place(file) == "rag/checking/verify.py":
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


def functions(file: Path) -> Iterator[tuple[str, int]]:
    """Every function of a file, with the lines of its body without signature and docstring."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            said = node.body[1:] if ast.get_docstring(node) is not None else node.body
            lines = (said[-1].end_lineno or 0) - said[0].lineno + 1 if said else 0
            yield node.name, lines


@pytest.mark.parametrize("file", modules(), ids=place)
def test_a_function_fits_on_a_screen(file: Path) -> None:
    long = {name: lines for name, lines in functions(file) if lines > LONGEST_FUNCTION}
    new = {name: lines for name, lines in long.items() if (place(file), name) not in LONGER}
    assert not new, f"{place(file)} has functions of too many lines: {new}; split them"


def test_lines_of_a_function_are_those_of_its_body(tmp_path: Path) -> None:
    file = tmp_path / "some.py"
    file.write_text(
        'def one(\n    a,\n    b,\n):\n    """Said.\n\n    More.\n    """\n'
        "    c = a\n\n    return c\n"
        'async def two():\n    """Nothing but said."""\n'
        "class Three:\n    def four(self):\n        return 4\n",
        encoding="utf-8",
    )
    assert dict(functions(file)) == {"one": 3, "two": 0, "four": 1}


def test_functions_that_may_be_longer_are_there() -> None:
    for file, name in LONGER:
        assert name in dict(functions(ROOT / file)), f"there is no {name} in {file}"
