"""`/healthz` and `/readyz`, for whoever watches over the server."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from rag.errors import PullquoteError
from ui.doors.asking import Asker


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
        # In the loop itself: where all threads are busy with questions, it is still ready.
        problem = None if assistant.is_loaded else "The models are not loaded yet."
        try:
            assistant.index.generation  # noqa: B018 - reads the catalog
        except PullquoteError:  # whose words may say where the index lies
            problem = "The index cannot be read."
        found = Readiness(ready=problem is None, problem=problem)
        return JSONResponse(found.model_dump(), 503 if problem else 200)

    return router
