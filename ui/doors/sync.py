"""`/api/sync`: whoever has a key may ask for a sync, and see what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict

from ui.doors.access import Access
from ui.doors.problems import RESPONSES, Problem, Refused
from ui.pings import Pings

_RESPONSES: dict[int | str, dict[str, Any]] = {
    401: {"model": Problem, "description": "A key is needed, whoever else may come in."},
    404: {"model": Problem, "description": "The server was not told what to sync."},
    429: RESPONSES[429],
}


class SyncStatus(BaseModel):
    """How far syncs of this server are."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    status: Literal["idle", "waiting", "running"]
    again: bool = False
    """While one runs: whether another one follows."""
    began: datetime | None = None
    """Of the one that runs, or that ran last."""
    ended: datetime | None = None
    problem: str = ""
    """Why the one that ran last broke off; empty where it did not."""
    hint: str = ""


def sync_routes(access: Access, pings: Pings | None) -> APIRouter:
    """Where a sync is asked for; off without `pings`."""
    router = APIRouter()

    def opened(request: Request) -> Pings:
        if pings is None:
            raise Refused(
                404, "This server was not told what to sync.",
                hint="Start it with `pullquote serve --sync ADDRESS`, or set sync_sources.",
            )  # fmt: skip
        # A session or the password is not enough: a page of somebody else's could use a reader's.
        token = request.headers.get("authorization", "").partition(" ")[2].strip()
        if access.key_name(token) is None:
            raise Refused(
                401, "A sync is for those who have a key.",
                hint="`pullquote key NAME` makes one; send it as `Authorization: Bearer …`.",
                headers={"WWW-Authenticate": "Bearer"},
            )  # fmt: skip
        return pings

    @router.post("/api/sync", status_code=202, response_model=SyncStatus, responses=_RESPONSES)
    async def begin(request: Request) -> SyncStatus:
        """Ask for a sync of the index with its sources.

        It begins a few seconds later, once however many ask until then. Where one runs, another
        one follows. What became of it is told with GET.
        """
        asked = opened(request)
        asked.ping()
        return _status(asked)

    @router.get("/api/sync", response_model=SyncStatus, responses=_RESPONSES)
    async def look(request: Request) -> SyncStatus:
        """How far a sync is, and why the last one broke off where it did."""
        return _status(opened(request))

    return router


def _status(pings: Pings) -> SyncStatus:
    waits, state = pings.is_waiting, pings.syncing.state
    status: Literal["idle", "waiting", "running"] = "waiting" if waits else "idle"
    return SyncStatus(
        status="running" if state.running else status,
        again=state.running and waits,
        began=state.began,
        ended=None if state.running else state.ended,
        problem=state.problem,
        hint=state.hint,
    )
