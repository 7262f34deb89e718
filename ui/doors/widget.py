"""The doors of the widget: its script, and what it says before anything is asked."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel

from ui.doors.asking import Asker
from ui.doors.origins import ABOUT, SCRIPT
from ui.doors.problems import RESPONSES

_KEPT = 3600  # seconds that a browser keeps the script before it asks for a newer one


@dataclass(frozen=True, slots=True)
class Widget:
    """What the doors do not know by themselves."""

    script: str
    about: Callable[[], BaseModel]
    """Of the posts, as the page says it."""
    form: type[BaseModel]
    """What that is."""


def widget_routes(asker: Asker, widget: Widget) -> APIRouter:
    router = APIRouter()
    plain = widget.script.encode()
    packed = gzip.compress(plain, mtime=0)
    tag = f'W/"{hashlib.sha256(plain).hexdigest()[:32]}"'
    headers = {
        "Cache-Control": f"public, max-age={_KEPT}",
        "ETag": tag,
        "Vary": "Accept-Encoding",
        # Pages that load only what agrees to it may load this.
        "Cross-Origin-Resource-Policy": "cross-origin",
    }

    @router.get(SCRIPT, include_in_schema=False)
    async def script(request: Request) -> Response:
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        kind = "text/javascript; charset=utf-8"
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return Response(plain, media_type=kind, headers=headers)
        return Response(packed, media_type=kind, headers={**headers, "Content-Encoding": "gzip"})

    @router.get(
        ABOUT,
        response_model=widget.form,
        responses={code: RESPONSES[code] for code in (401, 429, 503)},
    )
    async def about() -> Response:
        """What the widget says before anything is asked."""
        said = await asker.call(widget.about)
        return Response(
            said.model_dump_json(),
            media_type="application/json",
            headers={"Cache-Control": "no-store"},
        )

    return router
