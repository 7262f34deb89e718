"""The API's own description: what FastAPI says of its doors, and what opens each of them."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from ui.doors.gate import COOKIE

SCHEMES = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "A key of `pullquote key`, or the password.",
    },
    "basic": {
        "type": "http",
        "scheme": "basic",
        "description": "The password, with any name.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": "Of a browser that has logged in at /login.",
    },
    "key": {
        "type": "http",
        "scheme": "bearer",
        "description": "A key of `pullquote key`; the password is not enough.",
    },
}
"""Ways to come in, as OpenAPI names them."""
_ANY: list[dict[str, list[str]]] = [{"bearer": []}, {"basic": []}, {"session": []}]
_ALONE: dict[str, list[dict[str, list[str]]]] = {  # whatever holds for others
    "/api/sync": [{"key": []}],
    "/healthz": [],
    "/readyz": [],
}


class Described(FastAPI):
    """An application whose description says what its doors ask for."""

    def __init__(self, *, is_open: bool, **more: Any) -> None:
        """Without a door.

        Args:
            is_open: Whether its doors open to whoever brings nothing along.
            more: As FastAPI takes it.
        """
        super().__init__(**more)
        self._opened_by = [{}, *_ANY] if is_open else _ANY

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            described = super().openapi()
            described["components"]["securitySchemes"] = SCHEMES
            for path, methods in described["paths"].items():
                for door in methods.values():
                    door["security"] = _ALONE.get(path, self._opened_by)
        assert self.openapi_schema is not None
        return self.openapi_schema
