"""`/healthz`, `/readyz` and `/metrics`, for whoever watches over the server."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel

from rag.assistant import Assistant
from rag.errors import PullquoteError
from ui.doors.asking import Asker
from ui.doors.metrics import CONTENT_TYPE
from ui.doors.problems import Problem
from ui.ports import is_loopback


class Health(BaseModel):
    status: str


class Readiness(BaseModel):
    ready: bool
    problem: str | None = None


def health_routes(asker: Asker) -> APIRouter:
    router = APIRouter()
    assistant = asker.assistant

    @router.get("/healthz", response_model=Health)
    async def healthz() -> Health:
        """Whether the server answers at all."""
        return Health(status="ok")

    @router.get(
        "/readyz",
        response_model=Readiness,
        responses={503: {"model": Readiness, "description": "Not yet, or no more."}},
    )
    async def readyz() -> JSONResponse:
        """Whether questions would be answered: the index is open and the models are loaded."""
        # Not in the loop, which must not wait for a database; and not in a thread of the questions:
        # where all of those are busy, the server is still ready.
        problem = await asyncio.to_thread(_problem, assistant)
        found = Readiness(ready=problem is None, problem=problem)
        return JSONResponse(found.model_dump(), 503 if problem else 200)

    @router.get(
        "/metrics",
        response_class=Response,
        responses={
            200: {
                "description": "Figures in Prometheus' text form.",
                "content": {"text/plain": {}},
            },
            404: {"model": Problem, "description": "Not from other machines without a password."},
        },
    )
    async def metrics(request: Request) -> Response:
        """Figures for Prometheus."""
        from_here = request.client is not None and is_loopback(request.client.host)
        if assistant.settings.password is None and not from_here:
            raise HTTPException(404)  # a page that is open to everyone need not count for everyone
        text = await asyncio.to_thread(asker.metrics.text)  # it reads the catalog
        return Response(text, media_type=CONTENT_TYPE)

    return router


def _problem(assistant: Assistant) -> str | None:
    """Why no question would be answered; None where one would be."""
    try:
        assistant.index.generation  # noqa: B018 - reads the catalog
    except PullquoteError:  # whose words may say where the index lies
        return "The index cannot be read."
    return None if assistant.is_loaded else "The models are not loaded yet."
