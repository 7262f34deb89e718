"""Errors as callers over HTTP see them: a status, what happened, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from rag.errors import (
    IndexBusy,
    IndexDamaged,
    IndexMismatch,
    IndexMissing,
    IndexUnavailable,
    IndexUnwritable,
    ModelUnavailable,
    PostUnknown,
    PullquoteError,
    QuestionInvalid,
)

_UNAVAILABLE = (
    IndexBusy, IndexDamaged, IndexMismatch, IndexMissing, IndexUnavailable, IndexUnwritable,
    ModelUnavailable,
)  # fmt: skip
_SEE = "See /api/docs for what is taken here."


class Problem(BaseModel):
    """What happened, and what to do next."""

    problem: str
    hint: str


BROKEN = Problem(problem="Something went wrong.", hint="The server's log says what.")
"""For whatever nobody thought of."""


class Refused(PullquoteError):
    """A request that is not let through, with the status that says so."""

    def __init__(
        self, status: int, problem: str, *, hint: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(problem, hint=hint)
        self.status = status
        self.headers = headers or {}

    @property
    def wait(self) -> int:
        """Seconds after which it may be let through; 0 where time does not help."""
        return int(self.headers.get("Retry-After", 0))


def too_often(what: str, wait: int) -> Refused:
    """What a client is told that has sent too many.

    Args:
        what: Too many of these.
        wait: Seconds until one more is let through.
    """
    return Refused(
        429, f"Too many {what} from you.", hint=f"Wait {wait} seconds.",
        headers={"Retry-After": str(wait)},
    )  # fmt: skip


RESPONSES: dict[int | str, dict[str, Any]] = {
    401: {"model": Problem, "description": "The server asks for a password or a key."},
    413: {"model": Problem, "description": "The body is too large."},
    422: {"model": Problem, "description": "What was sent does not fit."},
    429: {"model": Problem, "description": "Too many questions; `Retry-After` says how long."},
    503: {"model": Problem, "description": "The index or a model cannot be used now."},
}
"""What any door may answer besides what was asked for, for the OpenAPI page."""


class OpenAIError(BaseModel):
    message: str
    type: str
    param: str | None = None
    code: str | None = None


class OpenAIProblem(BaseModel):
    """An error in OpenAI's form."""

    error: OpenAIError


OPENAI_RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {**said, "model": OpenAIProblem}
    for status, said in {
        **RESPONSES,
        400: {"description": "The body is no JSON."},
        404: {"description": "There is no such model."},
    }.items()
}
"""The same for doors in OpenAI's form."""


def status_of(error: PullquoteError) -> int:
    if isinstance(error, Refused):
        return error.status
    if isinstance(error, QuestionInvalid):
        return 422
    if isinstance(error, PostUnknown):
        return 404
    return 503 if isinstance(error, _UNAVAILABLE) else 500


def problem_response(path: str, error: PullquoteError) -> JSONResponse:
    """The error as JSON; under /v1 in OpenAI's form."""
    headers = error.headers if isinstance(error, Refused) else {}
    return _response(path, status_of(error), error.problem, error.hint, headers)


def add_problem_handlers(app: FastAPI) -> None:
    """Every failure of this application is answered as JSON, and tells nothing of the inside."""

    async def on_purpose(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, PullquoteError)
        return problem_response(request.url.path, error)

    async def does_not_fit(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"][1:])
        status = 400 if first["type"] == "json_invalid" else 422
        problem = f"The request does not fit: {where + ': ' if where else ''}{first['msg']}."
        return _response(request.url.path, status, problem, _SEE, {})

    async def of_http(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        problem = f"{error.detail}: {request.method} {request.url.path}."
        return _response(request.url.path, error.status_code, problem, _SEE, error.headers or {})

    async def by_mistake(request: Request, error: Exception) -> JSONResponse:
        return _response(request.url.path, 500, BROKEN.problem, BROKEN.hint, {})

    app.add_exception_handler(PullquoteError, on_purpose)
    app.add_exception_handler(RequestValidationError, does_not_fit)
    app.add_exception_handler(HTTPException, of_http)
    app.add_exception_handler(Exception, by_mistake)


def _response(
    path: str, status: int, problem: str, hint: str, headers: Mapping[str, str]
) -> JSONResponse:
    if "/v1/" in path:
        kind = "invalid_request_error" if status < 500 else "server_error"
        error = OpenAIProblem(error=OpenAIError(message=f"{problem} {hint}", type=kind))
        return JSONResponse(error.model_dump(), status, dict(headers))
    return JSONResponse(Problem(problem=problem, hint=hint).model_dump(), status, dict(headers))
