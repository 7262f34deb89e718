"""A page on which one person marks a sheet line by line; each answer is in the file at once.

For whoever sits at this machine: it listens on a loopback address and knows no password. Pages of
strangers are kept out by the names of hosts and by what browsers say of where a request began.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Annotated, Any

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from eval.sheets import change_cells
from rag.errors import SourceError
from ui.doors.problems import Refused, add_problem_handlers, problem_response
from ui.doors.wire import Receive, Scope, Send, header
from ui.look import accents, asset, literal
from ui.marking.kinds import Sheet
from ui.ports import is_own_name

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY, "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin", "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}  # fmt: skip


class Marked(BaseModel):
    """What somebody said of a line."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    place: Annotated[int, Field(ge=0)]
    id: str
    cells: dict[str, str]


def marking_app(sheets: Sequence[Sheet], then: str, *, colour: str) -> Any:
    """The page and its doors.

    Args:
        sheets: Each for one person.
        then: The command for when all is done.
        colour: Of buttons, as the setting `site_colour` has it.
    """
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    add_problem_handlers(app)
    writing = Lock()

    @app.get("/")
    def page() -> HTMLResponse:
        return HTMLResponse(_page(sheets, then), headers=_HEADERS)

    @app.get("/marking.js")
    def script() -> Response:
        return Response(asset("marking.js"), media_type="text/javascript", headers=_HEADERS)

    @app.get("/marking.css")
    def style() -> Response:
        return Response(_style(colour), media_type="text/css", headers=_HEADERS)

    @app.get("/sheets/{number}")
    def lines(number: int, response: Response) -> list[dict[str, str]]:
        response.headers.update(_HEADERS)
        with _of_files(), writing:
            return _sheet(sheets, number).lines()

    @app.post("/sheets/{number}", status_code=204)
    def mark(number: int, sent: Marked) -> None:
        sheet = _sheet(sheets, number)
        for column, cell in sent.cells.items():
            if not sheet.kind.takes(column, cell):
                raise Refused(
                    422, f"{cell!r} cannot stand under {column!r}.", hint="Say yes or no."
                )
        with _of_files(), writing:
            change_cells(
                sheet.file, sent.place, sent.id, sent.cells,
                common=sheet.kind.common, optional=sheet.kind.optional,
            )  # fmt: skip

    return _AtHome(app)


def _sheet(sheets: Sequence[Sheet], number: int) -> Sheet:
    if not 0 <= number < len(sheets):
        raise Refused(404, f"There is no sheet {number}.", hint="Load the page again.")
    return sheets[number]


@contextmanager
def _of_files() -> Iterator[None]:
    """An error of a file as one that the page shows."""
    try:
        yield
    except SourceError as error:
        raise Refused(409, error.problem, hint=error.hint) from error


class _AtHome:
    """Lets in what was asked for by a name of this machine, and written by its own page."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not _is_ours(scope):
            refused = Refused(403, "That is another site's request.", hint="Open the page itself.")
            await problem_response(scope["path"], refused)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _is_ours(scope: Scope) -> bool:
    if not is_own_name(header(scope, b"host")):
        return False
    if scope["method"] == "GET":
        return header(scope, b"sec-fetch-site") in ("", "none", "same-origin")
    # No page of another site can send this without being asked for leave first, and it gets none.
    return header(scope, b"content-type").startswith("application/json") and header(
        scope, b"sec-fetch-site"
    ) in ("", "same-origin")


def _page(sheets: Sequence[Sheet], then: str) -> str:
    told = {
        "sheets": [
            {
                "name": one.name,
                "file": str(one.file),
                "head": one.kind.head,
                "how": one.kind.how,
                "common": one.kind.common,
                "parts": [
                    {"column": part.column, "name": part.name, "mended": part.mended}
                    for part in one.kind.parts
                ],
                "asks": [
                    {"column": ask.column, "words": ask.words, "yes": ask.yes, "no": ask.no,
                     "opens": ask.opens}
                    for ask in one.kind.asks
                ],
            }
            for one in sheets
        ],
        "then": then,
    }  # fmt: skip
    return asset("marking.html").replace("{told}", literal(told))


def _style(colour: str) -> str:
    colours = "".join(
        f":root{when}{{--ink:{one.ink};--soft:{one.soft}}}"
        for when, one in zip(("", "[data-pq=dark]"), accents(colour), strict=True)
    )
    return asset("owner.css") + colours + asset("marking.css")
