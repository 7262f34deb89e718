"""Sheets that are filled on a page: what it takes, what becomes of the file, and who is let in."""

from __future__ import annotations

import csv
import json
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from eval_parts import COPPER, WOOL, answer, cited
from small_site import garden
from starlette.testclient import TestClient
from typer.testing import CliRunner

from eval.cases.draft import Drafted
from eval.cases.from_readers import reader_proposals
from eval.cases.proposed import COLUMNS as PROPOSED
from eval.cases.proposed import Proposed, accepted_lines, write_proposals
from eval.judging.review import COLUMNS, read_labels, sentences, write_sheets
from eval.sheets import read_sheet
from rag.errors import SourceError
from ui.cli import app
from ui.marking.app import marking_app
from ui.marking.kinds import DRAFT, REVIEW, Sheet

RECORDS = [answer(f"c{n}", cited(WOOL), text=f"=Wool {n}.") for n in range(3)]
WOOL_Q = Drafted("What about wool?", "heading", "garden.example/2", "Results", "It held.")
FORMULA = Drafted("=1+1?", "sentence", "garden.example/1", "", "-5 degrees, he said.")


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    write_sheets(RECORDS, tmp_path / "labels", questions=3)
    return tmp_path / "labels"


@pytest.fixture
def proposals(tmp_path: Path) -> Path:
    file = tmp_path / "proposals.csv"
    write_proposals([Proposed.of(WOOL_Q), Proposed.of(FORMULA)], file)
    return file


def client(*sheets: Sheet, host: str = "127.0.0.1:7961") -> TestClient:
    app = marking_app(sheets, "pullquote eval next", colour="#0f766e")
    return TestClient(app, base_url=f"http://{host}", raise_server_exceptions=False)


def reviewed(labels: Path) -> TestClient:
    return client(*(Sheet(name, labels / name, REVIEW) for name in ("first.csv", "second.csv")))


def said(
    page: TestClient, place: int, id_: str, sheet: int = 0, /, **cells: str
) -> tuple[int, dict[str, str]]:
    found = page.post(f"/sheets/{sheet}", json={"place": place, "id": id_, "cells": cells})
    return found.status_code, {} if found.status_code == 204 else found.json()


# ---------------------------------------------------------------- the page's doors


def test_every_answer_is_in_the_file_of_that_person_at_once(labels: Path) -> None:
    page = reviewed(labels)
    lines = page.get("/sheets/0").json()
    assert [line["sentence"][:6] for line in lines] == ["=Wool "] * 3
    assert {line["supported"] for line in lines} == {""}
    id_ = lines[1]["id"]
    assert said(page, 1, id_, supported="yes") == (204, {})
    assert said(page, 1, id_, supported="no", answers="yes") == (204, {})
    known = sentences(RECORDS)
    told = read_labels(labels / "first.csv", known)
    assert told.said == {"supported": {id_: False}, "answers": {id_: True}}
    with pytest.raises(SourceError, match="has no label"):
        read_labels(labels / "second.csv", known)
    assert page.get("/sheets/1").json()[1]["supported"] == ""
    assert said(page, 1, id_, answers="") == (204, {})
    assert page.get("/sheets/0").json()[1]["answers"] == ""


def test_what_was_typed_in_a_spreadsheet_is_an_answer_on_the_page(labels: Path) -> None:
    file = labels / "first.csv"
    with file.open(encoding="utf-8-sig", newline="") as opened:
        rows = list(csv.reader(opened))
    rows[1][COLUMNS.index("supported")] = "X"
    with file.open("w", encoding="utf-8", newline="") as opened:
        csv.writer(opened).writerows(rows)
    assert reviewed(labels).get("/sheets/0").json()[0]["supported"] == "yes"


def test_a_proposal_is_mended_and_accepted(proposals: Path) -> None:
    page = client(Sheet("proposals", proposals, DRAFT))
    first, second = page.get("/sheets/0").json()
    assert (first["answerable"], second["question"]) == ("true", "=1+1?")
    assert said(page, 0, first["id"], question="Did wool hold?", accept="yes")[0] == 204
    assert said(page, 1, second["id"], accept="yes", answerable="false")[0] == 204
    mended, refused = map(json.loads, accepted_lines(proposals))
    assert (mended["question"], mended["gold"][0]["quote"]) == ("Did wool hold?", "It held.")
    assert (refused["question"], refused["answerable"], refused["gold"]) == ("=1+1?", False, [])
    with proposals.open(encoding="utf-8-sig", newline="") as opened:
        assert tuple(next(csv.reader(opened))) == PROPOSED


def test_what_is_wanted_of_an_answer_is_written_on_the_page(proposals: Path) -> None:
    page = client(Sheet("proposals", proposals, DRAFT))
    id_ = page.get("/sheets/0").json()[0]["id"]
    told = {
        "history": "Q: What of straw?\nA: Nothing.",
        "must_include": "held | kept",
        "answer": "Yes",
    }
    assert said(page, 0, id_, accept="yes", **told)[0] == 204
    (case,) = map(json.loads, accepted_lines(proposals))
    assert case["history"] == [{"question": "What of straw?", "answer": "Nothing."}]
    assert (case["must_include"], case["answer"]) == ([["held", "kept"]], "Yes")


def test_a_sheet_without_the_columns_of_what_is_wanted_gets_them_when_they_are_filled(
    tmp_path: Path,
) -> None:
    file = tmp_path / "proposals.csv"
    file.write_text(
        "accept,id,kind,question,answerable,post_id,heading,quote,note\n"
        ",a,sentence,Did it hold?,true,1,,It held.,\n",
        encoding="utf-8",
    )
    page = client(Sheet("proposals", file, DRAFT))
    (line,) = page.get("/sheets/0").json()
    assert (line["must_include"], line["history"]) == ("", "")
    assert said(page, 0, "a", accept="yes", must_include="held")[0] == 204
    (case,) = map(json.loads, accepted_lines(file))
    assert case["must_include"] == [["held"]]


@pytest.mark.parametrize(
    ("cells", "status"),
    [
        ({"accept": "maybe"}, 422), ({"answerable": ""}, 422), ({"answerable": "yes"}, 422),
        ({"id": "other"}, 422), ({"post_id": "1"}, 422), ({"question": "Other?"}, 204),
    ],
)  # fmt: skip
def test_the_page_writes_only_what_a_person_may_say(
    proposals: Path, cells: dict[str, str], status: int
) -> None:
    before = proposals.read_bytes()
    page = client(Sheet("proposals", proposals, DRAFT))
    id_ = page.get("/sheets/0").json()[0]["id"]
    assert said(page, 0, id_, **cells)[0] == status
    assert (proposals.read_bytes() == before) == (status != 204)


def test_what_lines_of_one_id_have_in_common_is_mended_in_all_of_them(tmp_path: Path) -> None:
    file = tmp_path / "proposals.csv"
    given = answer("c0", cited(WOOL), cited(COPPER))
    readers = reader_proposals("what about wool", given, note="asked in vain: 2")
    write_proposals([*readers, Proposed.of(FORMULA)], file)
    page = client(Sheet("proposals", file, DRAFT))
    id_ = page.get("/sheets/0").json()[1]["id"]
    assert said(page, 0, id_, accept="yes")[0] == 204
    assert said(page, 1, id_, question="Does wool hold?", quote="It holds.", accept="yes")[0] == 204
    (case,) = map(json.loads, accepted_lines(file))
    assert case["question"] == "Does wool hold?"
    assert [gold["quote"] for gold in case["gold"]] == [WOOL.quote, "It holds."]
    assert said(page, 0, id_, answerable="false")[0] == 204
    (case,) = map(json.loads, accepted_lines(file))
    assert (case["answerable"], case["gold"]) == (False, [])
    assert page.get("/sheets/0").json()[2]["question"] == "=1+1?"


@pytest.mark.parametrize(("column", "status"), [("question", 409), ("\ud800", 422)])
def test_half_a_character_is_refused_and_leaves_nothing(
    proposals: Path, column: str, status: int
) -> None:
    before = proposals.read_bytes()
    page = client(Sheet("proposals", proposals, DRAFT))
    id_ = page.get("/sheets/0").json()[0]["id"]
    body = json.dumps({"place": 0, "id": id_, "cells": {column: "\ud800"}})
    found = page.post("/sheets/0", content=body, headers={"content-type": "application/json"})
    assert found.status_code == status
    assert r"'\ud800' cannot" in found.json()["problem"]
    assert proposals.read_bytes() == before
    assert list(proposals.parent.iterdir()) == [proposals]


def test_a_sheet_that_changed_or_is_gone_is_told(labels: Path) -> None:
    page = reviewed(labels)
    status, told = said(page, 0, "c9#1", supported="yes")
    assert (status, told["hint"]) == (409, "Load the page again.")
    assert said(page, 0, "c0#1", 2, supported="yes")[0] == 404
    (labels / "first.csv").unlink()
    assert page.get("/sheets/0").status_code == 409
    assert said(page, 0, "c0#1", supported="yes")[0] == 409


# ---------------------------------------------------------------- who is let in


@pytest.mark.parametrize(
    ("host", "headers", "status"),
    [
        ("127.0.0.1:7961", {}, 204), ("localhost:7961", {"sec-fetch-site": "same-origin"}, 204),
        ("evil.example", {}, 403), ("127.0.0.1:7961", {"sec-fetch-site": "cross-site"}, 403),
        ("127.0.0.1:7961", {"content-type": "text/plain"}, 403),
    ],
)  # fmt: skip
def test_pages_of_strangers_neither_read_nor_write(
    labels: Path, host: str, headers: dict[str, str], status: int
) -> None:
    before = (labels / "first.csv").read_bytes()
    page = client(Sheet("first", labels / "first.csv", REVIEW), host=host)
    id_ = sentences(RECORDS)[0].id
    place = [row.cells["id"] for row in read_sheet(labels / "first.csv", ("id",))].index(id_)
    sent = {"place": place, "id": id_, "cells": {"supported": "yes"}}
    found = page.post(
        "/sheets/0",
        content=json.dumps(sent),
        headers={"content-type": "application/json"} | headers,
    )
    assert found.status_code == status
    assert ((labels / "first.csv").read_bytes() == before) == (status != 204)
    if host == "evil.example" or "sec-fetch-site" in headers:
        own = {name: value for name, value in headers.items() if name != "content-type"}
        assert page.get("/sheets/0", headers=own).status_code == (200 if status == 204 else 403)


def test_the_page_runs_nothing_that_a_sheet_holds(labels: Path) -> None:
    file = labels / "</script><script>alert(1)</script>.csv"
    page = client(Sheet("</script><b>", file, REVIEW))
    shown = page.get("/")
    assert shown.text.count("</script>") == 2
    assert "script-src 'self'" in shown.headers["Content-Security-Policy"]
    assert page.get("/marking.js").status_code == page.get("/marking.css").status_code == 200
    assert page.get("/docs").status_code == page.get("/openapi.json").status_code == 404


# ---------------------------------------------------------------- the commands


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["eval", *map(str, arguments)])
    return result.exit_code, result.output


def saved(tmp_path: Path) -> Path:
    file = tmp_path / "answers.jsonl"
    file.write_text("".join(f"{one.to_json()}\n" for one in RECORDS), encoding="utf-8")
    return file


@contextmanager
def served(*arguments: object) -> Iterator[tuple[str, list[str]]]:
    """A command in a process of its own: where its page is, and what it says when it ends."""
    command = [sys.executable, "-c", "from ui.cli import main; main()", "eval"]
    told: list[str] = []
    with subprocess.Popen(
        [*command, *map(str, arguments)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    ) as process:  # fmt: skip
        try:
            assert process.stdout
            for line in process.stdout:
                told.append(line)
                if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                    yield found[0], told
                    break
            else:
                pytest.fail("".join(told))
            process.send_signal(signal.SIGINT)
            told += process.stdout
            assert process.wait(timeout=60) == 0, told
        finally:
            process.kill()


def sent(address: str, place: int, id_: str, **cells: str) -> None:
    body = json.dumps({"place": place, "id": id_, "cells": cells}).encode()
    request = Request(f"{address}/sheets/0", body, {"Content-Type": "application/json"})
    with urlopen(request, timeout=30) as answer:
        assert answer.status == 204


def lines_of(address: str) -> list[dict[str, str]]:
    with urlopen(f"{address}/sheets/0", timeout=30) as answer:
        found: list[dict[str, str]] = json.load(answer)
    return found


def test_review_on_a_page_makes_the_sheets_and_goes_on_with_them(tmp_path: Path) -> None:
    answers, out = saved(tmp_path), tmp_path / "labels"
    command = ("review", answers, "--out", out, "--page", "--questions", 3)
    with served(*command) as (address, told):
        sent(address, 0, lines_of(address)[0]["id"], supported="yes", answers="no")
    assert f"Then: pullquote eval review {answers} --labels {out / 'first.csv'} --" in "".join(told)
    with served(*command) as (address, _):
        assert lines_of(address)[0]["answers"] == "no"
    code, said = run("review", answers, "--labels", out / "first.csv")
    assert code == 0, said


def test_draft_on_a_page_proposes_and_accepts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULLQUOTE_EMBEDDING_MODEL", "hash")
    index, out = garden(tmp_path / "index"), tmp_path / "proposals.csv"
    with served("draft", index, "--out", out, "--page", "--questions", 2) as (address, told):
        first = lines_of(address)[0]["id"]
        sent(address, 0, first, question="Is it warm?", accept="yes")
    assert f"Then: pullquote eval accept {out} --out cases.jsonl" in "".join(told)
    code, said = run("accept", out, "--out", tmp_path / "cases.jsonl")
    assert (code, said.splitlines()[-1][:6]) == (0, "1 case"), said


def test_a_page_of_sheets_of_another_run_is_refused(tmp_path: Path, labels: Path) -> None:
    other = tmp_path / "other.jsonl"
    other.write_text(f"{RECORDS[0].to_json()}\n", encoding="utf-8")
    code, said = run("review", other, "--out", labels, "--page")
    assert (code, "is no sentence of this run" in said) == (1, True), said


def test_a_page_needs_a_folder_for_its_sheets(tmp_path: Path, labels: Path) -> None:
    code, said = run("review", saved(tmp_path), "--labels", labels / "first.csv", "--page")
    assert (code, "--page needs --out" in said) == (2, True)


@pytest.mark.parametrize("command", ["draft", "review"])
def test_a_port_without_a_page_is_refused(tmp_path: Path, command: str) -> None:
    out = tmp_path / "out"
    code, said = run(command, tmp_path, "--out", out, "--port", 7961)
    assert (code, "--port is the port of --page" in said, out.exists()) == (2, True, False)


def test_the_command_that_comes_next_is_one_for_a_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULLQUOTE_EMBEDDING_MODEL", "hash")
    folder = tmp_path / "it's a folder"
    folder.mkdir()
    answers, out, sheet = saved(folder), folder / "two labels", folder / "a sheet.csv"
    code, said = run("review", answers, "--out", out, "--questions", 3)
    labels = [word for name in ("first", "second") for word in ("--labels", f"{out / name}.csv")]
    assert code == 0, said
    assert shlex.split(said.partition("Then: ")[2]) == [
        "pullquote", "eval", "review", str(answers), *labels,
    ]  # fmt: skip
    code, said = run("draft", garden(tmp_path / "index"), "--out", sheet, "--questions", 2)
    assert code == 0, said
    assert shlex.split(said.partition(", then: ")[2]) == [
        "pullquote", "eval", "accept", str(sheet), "--out", "cases.jsonl",
    ]  # fmt: skip
