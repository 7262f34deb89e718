"""The owner's page: who may see it, what it shows, and what it does."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from door_server import no_new_files, open_doors, until
from fake_assistant import LETTUCES, PASSWORD, FakeAssistant, site_index
from owner_site import ASKED, EVIL, FORMULA, SLUGS, VOTES, furnish, source_file
from small_site import GARDEN
from typer.testing import CliRunner

from eval.cases.cases import load_cases
from eval.cases.check import check_cases
from eval.cases.from_readers import reader_id
from rag.errors import ConfigError
from rag.settings import load_settings
from rag.types import Damage
from ui.cli import app
from ui.commands.serving import require_lock
from ui.doors.access import AccessFile
from ui.doors.owner_lock import COOKIE
from ui.feedback import unanswered, votes
from ui.owner.page import SCRIPTS

OWNER = "the gardener's own key"
DATA = (
    "overview",
    "work",
    "questions",
    "votes",
    "cases",
    "questions.csv",
    "votes.csv",
    "cases.jsonl",
)
POSTS = {
    "sync": {}, "examine": {}, "sentences": {"question": "x"}, "cases/delete": {"id": "x"},
    "cases": {"question": "x", "kind": "feedback"}, "questions/delete": {"everything": True},
    "votes/delete": {"everything": True},
}  # fmt: skip


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return site_index(tmp_path / "index")


@contextmanager
def server(index: Path, *, everyone: bool = False, **settings: Any) -> Iterator[httpx.Client]:
    """A browser that nobody has logged in with."""
    kept = {"keep_questions": True, "keep_feedback": True, **settings}
    with (
        FakeAssistant(index, **kept) as assistant,
        open_doors(assistant, everyone=everyone) as (address, _),
        httpx.Client(base_url=address, timeout=30) as client,
    ):
        yield client


def log_in(client: httpx.Client, password: str = OWNER) -> httpx.Response:
    return client.post("/owner/login", data={"password": password})


def statuses(client: httpx.Client, **headers: str) -> set[int]:
    """Of everything that is behind the lock."""
    asked = [client.get(f"/owner/{path}", headers=headers) for path in (*DATA, *SCRIPTS)]
    asked += [client.post(f"/owner/{to}", json=sent, headers=headers) for to, sent in POSTS.items()]
    said = {one.status_code for one in [*asked, client.get("/owner", headers=headers)]}
    assert not any(SLUGS in one.text for one in asked if one.status_code >= 300)
    return said


# ---------------------------------------------------------------- the lock


def test_without_any_password_whoever_sits_at_the_machine_is_the_owner(index: Path) -> None:
    with server(index) as client:
        assert client.get("/owner").status_code == 200
        assert client.get("/owner/overview").json()["index"]["posts"] == 4


@pytest.mark.parametrize(
    "settings",
    [{"everyone": True}, {"password": PASSWORD}, {"host": "0.0.0.0"}, {"host": "192.0.2.1"}],
    ids=str,
)
def test_where_others_may_come_in_there_is_no_page_without_an_owners_password(
    index: Path, settings: dict[str, Any]
) -> None:
    furnish(index)
    with server(index, **settings) as client:
        reader = {"authorization": f"Bearer {PASSWORD}"}
        key = {"authorization": f"Bearer {AccessFile(index).add_key('reports')}"}
        for headers in ({}, reader, key):
            assert statuses(client, **headers) == {404}
        assert "owner_password" in client.get("/owner").json()["hint"]
        assert log_in(client).status_code == 404


@pytest.mark.parametrize(
    "header", ["X-Forwarded-For", "X-Forwarded-Host", "Forwarded", "X-Real-IP", "Via"]
)
@pytest.mark.parametrize("trusted", ["127.0.0.1", ""])
def test_who_comes_through_a_proxy_does_not_sit_at_the_machine(
    index: Path, header: str, trusted: str
) -> None:
    with server(index, trusted_proxies=trusted) as client:
        assert statuses(client, **{header: "203.0.113.7"}) == {404}


@pytest.mark.parametrize("locked", [False, True])
def test_the_owners_password_alone_opens_the_page(index: Path, locked: bool) -> None:
    furnish(index)
    more: dict[str, Any] = {"password": PASSWORD} if locked else {}
    with server(index, owner_password=OWNER, **more) as client:
        assert statuses(client) == {401}
        key = AccessFile(index).add_key("reports")
        for token in (PASSWORD, OWNER, key):
            assert statuses(client, authorization=f"Bearer {token}") == {401}
        client.post("/login", data={"password": PASSWORD})
        assert statuses(client) == {401}
        assert log_in(client, PASSWORD).status_code == 401
        said = log_in(client)
        assert (said.status_code, said.headers["location"]) == (303, "../owner")
        cookie = said.headers["set-cookie"].lower()
        for word in ("httponly", "samesite=strict", "path=/", "max-age=43200"):
            assert word in cookie
        assert client.get("/owner/questions").status_code == 200


def test_an_owner_may_read_as_well_and_a_log_out_is_for_good(index: Path) -> None:
    with server(index, owner_password=OWNER, password=PASSWORD) as client:
        assert client.get("/api/docs").status_code == 401
        log_in(client)
        assert client.get("/api/docs").status_code == 200
        assert "hidden" not in client.get("/owner").text.partition("owner/logout")[2][:10]
        session = client.cookies[COOKIE]
        assert client.post("/owner/logout").headers["location"] == "login"
        client.cookies.clear()
        kept = {"cookie": f"{COOKIE}={session}"}
        assert client.get("/owner/overview", headers=kept).status_code == 401
        assert client.get("/api/docs", headers=kept).status_code == 401


def test_a_browser_is_led_to_the_log_in(index: Path) -> None:
    with server(index, owner_password=OWNER) as client:
        for path in ("/owner", "/owner/overview", "/owner/"):
            said = client.get(path, headers={"accept": "text/html"})
            landed = httpx.URL(f"http://x{path}").join(said.headers["location"])
            assert (said.status_code, landed.path) == (303, "/owner/login")
        form = client.get("/owner/login")
        assert "garden.example: owner" in form.text
        assert form.headers["content-security-policy"].startswith("default-src 'none'")


def test_guessing_the_owners_password_has_to_wait(index: Path) -> None:
    with server(index, owner_password=OWNER) as client:
        said = [log_in(client, f"guess {n}").status_code for n in range(12)]
        assert said == [401] * 10 + [429] * 2
        assert log_in(client).status_code == 429


@pytest.mark.parametrize(
    "headers", [{"origin": "https://evil.example"}, {"origin": "null"},
                {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}], ids=str,
)  # fmt: skip
def test_a_page_of_a_stranger_does_nothing_here(index: Path, headers: dict[str, str]) -> None:
    furnish(index)
    with server(index) as client:
        for to, sent in POSTS.items():
            assert client.post(f"/owner/{to}", json=sent, headers=headers).status_code == 403
        assert len(unanswered(index).all()) == len(ASKED)
        assert not Path("cases.jsonl").exists()
    with server(index, owner_password=OWNER) as client:
        login = client.post("/owner/login", data={"password": OWNER}, headers=headers)
        assert login.status_code == 403


def test_the_readers_password_cannot_be_the_owners() -> None:
    both = load_settings(password=PASSWORD, owner_password=PASSWORD)
    with pytest.raises(ConfigError, match="would all be owners"):
        require_lock(both, everyone=False)
    require_lock(load_settings(password=PASSWORD, owner_password=OWNER), everyone=False)
    assert OWNER not in repr(load_settings(owner_password=OWNER))
    typed = CliRunner().invoke(app, ["serve", "--owner-password"])
    assert (typed.exit_code, "PULLQUOTE_OWNER_PASSWORD" in typed.output) == (1, True)


# ---------------------------------------------------------------- the page


def test_the_page_runs_nothing_but_its_own_files(index: Path) -> None:
    with server(index, site_name=f"Garden {EVIL}") as client:
        said = client.get("/owner")
        policy = said.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "script-src 'self';" in policy
        assert "frame-ancestors 'none'" in policy
        assert said.headers["cache-control"] == "no-store"
        assert "<img" not in said.text
        assert "style=" not in said.text
        assert "hidden" in said.text.partition("owner/logout")[2][:10]
        for script in SCRIPTS:
            assert f'src="owner/{script}"' in said.text
            assert client.get(f"/owner/{script}").headers["content-type"].startswith("text/javascr")
        assert client.get("/owner/page.js").status_code == 404
        assert "--ink" in client.get("/owner/owner.css").text
        assert client.get("/owner/").headers["location"] == "../owner"
        assert "/owner" not in client.get("/api/openapi.json").text
        for path in DATA:
            headers = client.get(f"/owner/{path}").headers
            assert headers["cache-control"] == "no-store"
            assert headers["cross-origin-resource-policy"] == "same-origin"


# ---------------------------------------------------------------- the index


def test_the_overview_has_the_index_and_its_last_sync(index: Path) -> None:
    furnish(index)
    with server(index) as client:
        told = client.get("/owner/overview").json()
    assert (told["index"]["posts"], told["index"]["sites"]) == (6, ["garden.example"])
    assert told["index"]["bytes"] > 100_000
    assert told["last"]["done"]["added"] == 2
    assert told["last"]["done"]["skipped"] == {"not public (status private)": 1}
    assert told["last"]["done"]["lost"] == 0
    assert told["last"]["failed"] is None
    assert told["quarantined"] == 2
    assert {one["reason"] for one in told["quarantine"]} >= {f"not WordPress data {EVIL}"}
    (recovered,) = told["recovered"]
    assert (recovered["title"], recovered["complete"]) == ("Compost in winter", False)
    assert told["sources"] == []
    assert (told["keeps_questions"], told["keep_days"]) == (True, 180)


def test_posts_from_damaged_files_are_counted_however_few_are_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.owner.desk._LISTED", 2)
    damage = Damage("from plain text that lost its tags", complete=True)
    posts = [replace(one, post=replace(one.post, damage=damage)) for one in GARDEN]
    with server(site_index(tmp_path / "index", posts=posts)) as client:
        told = client.get("/owner/overview").json()
    assert len(told["recovered"]) == 2
    assert told["recovered_in_all"] == len(GARDEN) > 2


def test_a_sync_that_cannot_begin_is_told_and_can_be_tried_again(index: Path) -> None:
    with server(index, sync_sources=str(source_file(index.parent))) as client:
        client.get("/owner/work")  # its connection is there from now on
        for door in ("sync", "examine"):
            with no_new_files():
                said = client.post(f"/owner/{door}", json={})
            assert (said.status_code, set(said.json())) == (503, {"problem", "hint"})
        told = client.get("/owner/work").json()
        assert {told[one]["running"] for one in ("sync", "health")} == {False}
        assert "could be started" in told["sync"]["problem"]
        assert "could be started" in told["health"]["problem"]
        assert client.post("/owner/sync", json={}).json()["sync"]["running"]


def test_a_sync_is_started_and_told(index: Path) -> None:
    source = source_file(index.parent)
    with server(index, sync_sources=str(source)) as client:
        begun = client.post("/owner/sync", json={})
        assert begun.json()["sync"]["running"]
        assert client.post("/owner/sync", json={}).status_code == 409
        until(lambda: not client.get("/owner/work").json()["sync"]["running"], 60)
        assert client.get("/owner/work").json()["sync"]["problem"] == ""
        told = client.get("/owner/overview").json()
        assert told["last"]["done"]["added"] == 2
        assert told["index"]["posts"] == 6


def test_a_server_that_knows_no_source_says_so(index: Path) -> None:
    with server(index) as client:
        said = client.post("/owner/sync", json={})
        assert said.status_code == 409
        assert "sync_sources" in said.json()["hint"]


def test_health_is_what_the_doctor_finds(index: Path) -> None:
    with server(index) as client:
        assert client.get("/owner/work").json()["health"]["ended"] is None
        client.post("/owner/examine", json={})
        client.post("/owner/examine", json={})
        until(lambda: client.get("/owner/work").json()["health"]["ended"], 60)
        health = client.get("/owner/work").json()["health"]
    checks = health["checks"]
    assert health["problem"] == ""
    assert all(check["ok"] for check in checks)
    assert any("Chroma holds" in check["what"] for check in checks)
    assert not any("port" in check["what"] for check in checks)


# ---------------------------------------------------------------- what readers asked


def test_questions_come_in_groups_and_go_with_all_their_wordings(index: Path) -> None:
    furnish(index)
    with server(index) as client:
        told = client.get("/owner/questions").json()
        assert (told["asked"], told["more"]) == (len(ASKED), 0)
        first = told["groups"][0]
        assert (first["question"], first["count"]) == (SLUGS, 4)
        assert [one["question"] for one in told["groups"]].count(f"Why {EVIL}?") == 1
        sent = {"questions": [SLUGS.upper()]}
        assert client.post("/owner/questions/delete", json=sent).json() == {"deleted": 4}
        assert len(unanswered(index).all()) == len(ASKED) - 4
        everything = {"everything": True}
        assert client.post("/owner/questions/delete", json=everything).json() == {"deleted": 3}
        assert client.get("/owner/questions").json()["groups"] == []


def test_votes_come_newest_first_and_one_can_go(index: Path) -> None:
    furnish(index)
    with server(index) as client:
        told = client.get("/owner/votes").json()["votes"]
        assert [one["question"] for one in told] == [one.question for one in reversed(VOTES)]
        said = client.post("/owner/votes/delete", json={"votes": [told[0]]})
        assert said.json() == {"deleted": 1}
        assert votes(index).all() == [*VOTES[:2]]


@pytest.mark.parametrize("sheet", ["questions.csv", "votes.csv"])
def test_a_sheet_is_shown_and_never_run(index: Path, sheet: str) -> None:
    furnish(index)
    for number, start in enumerate("=+-@\t＝＋－＠"):
        unanswered(index).add(replace(ASKED[0], question=f"{start}{number}"))
        votes(index).add(replace(VOTES[0], question=f"{start}{number}"))
    with server(index) as client:
        said = client.get(f"/owner/{sheet}")
    assert said.headers["content-disposition"] == f'attachment; filename="{sheet}"'
    assert said.headers["content-type"] == "text/csv; charset=utf-8"
    text = said.content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert len(rows) > 7
    cells = [cell for row in rows for cell in row]
    assert [cell for cell in cells if cell.startswith(tuple("=+-@\t\r\n＝＋－＠"))] == []
    if sheet == "questions.csv":
        assert f"'{FORMULA}" in cells
        assert rows[0] == ["group", "count", "last", "question"]
        assert rows[1][1:] == ["4", ASKED[2].day, SLUGS]


# ---------------------------------------------------------------- cases


def test_one_click_makes_a_case_that_can_be_run(index: Path) -> None:
    furnish(index)
    with server(index) as client:
        not_there = client.post("/owner/cases", json={"question": SLUGS, "kind": "unanswered"})
        well = {"question": LETTUCES, "kind": "feedback", "as_answered": True}
        made = client.post("/owner/cases", json=well)
        found = client.post("/owner/sentences", json={"question": "copper tape"}).json()
        section = next(one for one in found["sections"] if one["headings"] == ["Results"])
        gold = {
            "post_id": section["post_id"],
            "heading": "Results",
            "quote": section["sentences"][2],
        }
        chosen = {"question": f"And {EVIL}?", "kind": "unanswered", "gold": [gold]}
        assert client.post("/owner/cases", json=chosen).json()["gold"] == 1
        told = client.get("/owner/cases").json()["cases"]
        downloaded = client.get("/owner/cases.jsonl")
    assert (not_there.status_code, made.status_code) == (200, 200)
    file = Path("cases.jsonl")
    assert downloaded.text == file.read_text(encoding="utf-8")
    assert not check_cases(file).mistakes
    beer, lettuces, evil = load_cases(file)
    assert lettuces.id == reader_id(LETTUCES.upper())  # as in a sheet of `eval draft`
    assert (beer.question, beer.kind, beer.answerable) == (SLUGS, "unanswered", False)
    bare = next(one for one in lettuces.gold if "twenty-two" in one.quote)
    assert (bare.post_id, bare.heading) == ("garden.example/2", "Results")
    assert evil.gold[0].quote == "Copper tape made no difference."
    assert [one["question"] for one in told] == [SLUGS, LETTUCES, f"And {EVIL}?"]
    run = CliRunner().invoke(
        app, ["eval", "--cases", str(file), "--index", str(index)],
        env={"PULLQUOTE_EMBEDDING_MODEL": "hash"},
    )  # fmt: skip
    assert "3 cases" in run.output


def test_a_case_made_again_takes_the_place_of_the_first_and_other_lines_stay(index: Path) -> None:
    file = Path("cases.jsonl")
    others = (
        '{"id": "own", "kind": "fact", "question": "Is it\u2028so?", "answerable": false}\nnone\n'
    )
    file.write_text(others, encoding="utf-8")
    with server(index) as client:
        for kind in ("unanswered", "feedback"):
            client.post("/owner/cases", json={"question": SLUGS, "kind": kind})
        lines = file.read_text(encoding="utf-8").split("\n")
        assert lines[:2] == others.split("\n")[:2]
        assert json.loads(lines[2])["kind"] == "feedback"
        assert lines[3:] == [""]
        listed = client.get("/owner/cases").json()["cases"]
        assert listed[0]["id"] == "own"
        client.post("/owner/cases/delete", json={"id": listed[1]["id"]})
        client.post("/owner/cases/delete", json={"id": "nobody's"})
        assert file.read_text(encoding="utf-8") == others


def test_what_has_no_answer_is_no_case_as_answered(index: Path) -> None:
    with server(index) as client:
        asked = {"question": "Who won the world cup?", "kind": "feedback", "as_answered": True}
        said = client.post("/owner/cases", json=asked)
        assert said.status_code == 422
        assert "has no answer" in said.json()["problem"]
        wordless = {"post_id": "garden.example/1", "quote": "…"}
        asked = {"question": "Why?", "kind": "feedback", "gold": [wordless]}
        assert client.post("/owner/cases", json=asked).status_code == 422
    assert not Path("cases.jsonl").exists()


def test_a_file_of_cases_that_cannot_be_written_is_told(index: Path) -> None:
    Path("full").mkdir()
    with server(index, owner_cases="full") as client:
        said = client.post("/owner/cases", json={"question": SLUGS, "kind": "feedback"})
        assert said.status_code == 409
        assert "owner_cases" in said.json()["hint"]
        assert client.get("/owner/cases").status_code == 409


@pytest.mark.parametrize(
    ("to", "sent"),
    [
        ("cases", {"question": "", "kind": "feedback"}),
        ("cases", {"question": "x", "kind": "../../etc"}),
        ("cases", {"question": "x"}),
        ("sentences", {"question": "   "}),
        ("votes/delete", {"votes": [{"day": "x"}]}),
        ("sync", {"sources": ["/etc"]}),
    ],
)
def test_what_does_not_fit_is_refused(index: Path, to: str, sent: Any) -> None:
    with server(index) as client:
        assert client.post(f"/owner/{to}", json=sent).status_code == 422
