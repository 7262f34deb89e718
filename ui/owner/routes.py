"""The doors behind the owner's page; `ui/doors/owner_lock.py` stands in front of all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from fastapi import APIRouter, Depends
from fastapi.responses import RedirectResponse, Response

from rag.errors import ConfigError, IndexBusy
from ui.aside import ProcessUnavailable
from ui.doors.asking import Asker
from ui.doors.owner_lock import PAGE
from ui.doors.problems import Refused
from ui.feedback import votes
from ui.owner.desk import OwnerDesk
from ui.owner.page import PRIVATE, SCRIPTS, owner_page, owner_script, owner_style
from ui.owner.sheets import questions_sheet, votes_sheet
from ui.owner.view import (
    AskedAbout,
    Cases,
    CaseView,
    DropCase,
    DropQuestions,
    DropVotes,
    Found,
    MakeCase,
    Overview,
    Questions,
    StartSync,
    Votes,
    Work,
)
from ui.texts import Texts

_Made = TypeVar("_Made")


def owner_routes(
    asker: Asker, desk: OwnerDesk, texts: Texts, name: str, *, locked: bool
) -> APIRouter:
    """All of them.

    Args:
        asker: In whose threads the work is done.
        desk: Which does it.
        texts: The page's words.
        name: Of the site.
        locked: Whether the page asks for a password.
    """
    router = APIRouter(prefix=PAGE, include_in_schema=False, dependencies=[Depends(_keep_private)])
    settings = asker.assistant.settings
    _add_files(router, lambda: owner_page(settings, texts, name, locked=locked))

    @router.get("/owner.css")
    async def style() -> Response:
        return owner_style(settings)

    _add_index(router, asker, desk)
    _add_readers(router, asker, desk)
    _add_cases(router, asker, desk)
    _add_sheets(router, asker, desk)
    return router


def _keep_private(response: Response) -> None:
    response.headers.update(PRIVATE)


def _add_files(router: APIRouter, page: Callable[[], Response]) -> None:
    @router.get("")
    async def show() -> Response:
        return page()

    @router.get("/")
    async def show_without_slash() -> Response:
        # Relative: a proxy may serve this below a path that is not known here.
        return RedirectResponse("../owner", 308)

    @router.get("/{script}.js")
    async def script(script: str) -> Response:
        if f"{script}.js" not in SCRIPTS:
            raise Refused(404, f"There is no script {script!r}.", hint="Load the page again.")
        return owner_script(f"{script}.js")


def _add_index(router: APIRouter, asker: Asker, desk: OwnerDesk) -> None:
    @router.get("/overview")
    async def overview() -> Overview:
        return await asker.call(desk.overview)

    @router.get("/work")
    async def work() -> Work:
        return desk.work()

    @router.post("/sync")
    async def sync(sent: StartSync) -> Work:
        await _begun(lambda: desk.syncing.start(full=sent.full))
        return desk.work()

    @router.post("/examine")
    async def examine() -> Work:
        await _begun(desk.examining.start)
        return desk.work()


async def _begun(start: Callable[[], None]) -> None:
    try:
        await asyncio.to_thread(start)
    except (ConfigError, IndexBusy) as error:
        raise Refused(409, error.problem, hint=error.hint) from error
    except ProcessUnavailable as error:
        raise Refused(503, error.problem, hint=error.hint) from error


def _add_readers(router: APIRouter, asker: Asker, desk: OwnerDesk) -> None:
    @router.get("/questions")
    async def questions() -> Questions:
        return await asker.call(desk.questions)

    @router.post("/questions/delete")
    async def drop_questions(sent: DropQuestions) -> dict[str, int]:
        return {"deleted": await asker.call(lambda: desk.drop_questions(sent))}

    @router.get("/votes")
    async def shown_votes() -> Votes:
        return await asker.call(desk.votes)

    @router.post("/votes/delete")
    async def drop_votes(sent: DropVotes) -> dict[str, int]:
        return {"deleted": await asker.call(lambda: desk.drop_votes(sent))}


def _add_cases(router: APIRouter, asker: Asker, desk: OwnerDesk) -> None:
    @router.post("/sentences")
    async def sentences(sent: AskedAbout) -> Found:
        return await asker.call(lambda: desk.sections_for(sent.question))

    @router.get("/cases")
    async def cases() -> Cases:
        found = await _file(asker, desk.cases.listed)
        return Cases(cases=tuple(map(CaseView.model_validate, found)))

    @router.post("/cases")
    async def make(sent: MakeCase) -> CaseView:
        return CaseView.model_validate(await _file(asker, lambda: desk.make_case(sent)))

    @router.post("/cases/delete")
    async def remove(sent: DropCase) -> Response:
        await _file(asker, lambda: desk.cases.remove(sent.id))
        return Response(status_code=204, headers=PRIVATE)


async def _file(asker: Asker, work: Callable[[], _Made]) -> _Made:
    try:
        return await asker.call(work)
    except ConfigError as error:  # of the file of cases
        raise Refused(409, error.problem, hint=error.hint) from error


def _add_sheets(router: APIRouter, asker: Asker, desk: OwnerDesk) -> None:
    folder = asker.assistant.settings.index

    @router.get("/questions.csv")
    async def questions_csv() -> Response:
        text = await asker.call(lambda: questions_sheet(desk.all_groups()))
        return _download(text, "questions.csv", "text/csv")

    @router.get("/votes.csv")
    async def votes_csv() -> Response:
        text = await asker.call(lambda: votes_sheet(votes(folder).all()))
        return _download(text, "votes.csv", "text/csv")

    @router.get("/cases.jsonl")
    async def cases_jsonl() -> Response:
        text = await _file(asker, desk.cases.text)
        return _download(text, "cases.jsonl", "application/jsonl")


def _download(text: str, name: str, kind: str) -> Response:
    named = {"Content-Disposition": f'attachment; filename="{name}"', **PRIVATE}
    return Response(text.encode(), media_type=f"{kind}; charset=utf-8", headers=named)
