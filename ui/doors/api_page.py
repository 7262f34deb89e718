"""`/api/docs`: the OpenAPI description as a page without scripts and foreign files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from html import escape
from importlib.resources import files
from typing import Any

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def add_api_page(app: FastAPI) -> None:
    @app.get("/api/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(api_page(app.openapi()), headers={"Content-Security-Policy": POLICY})


def api_page(described: Mapping[str, Any]) -> str:
    """The page.

    Args:
        described: An OpenAPI document.
    """
    info = described["info"]
    style = (files("ui.assets") / "doors.css").read_text(encoding="utf-8")
    doors = "".join(
        _door(method, path, door)
        for path, methods in described["paths"].items()
        for method, door in methods.items()
    )
    ways = "".join(
        f"<li><b>{escape(name)}</b>: {escape(way['description'])}</li>"
        for name, way in described["components"].get("securitySchemes", {}).items()
    )
    forms = "".join(
        _details(f'<code id="{escape(name)}">{escape(name)}</code>', schema)
        for name, schema in described["components"]["schemas"].items()
    )
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{escape(info["title"])}: API</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>{style}</style></head>
<body><main><h1>{escape(info["title"])}: API</h1><p>{escape(info.get("description", ""))}</p>
<p>As a file for programs: <a href="openapi.json">openapi.json</a>.</p>
{doors}<h2>What opens them</h2><ul>{ways}</ul><h2>Forms</h2>{forms}</main></body></html>"""


def _door(method: str, path: str, door: Mapping[str, Any]) -> str:
    said = "".join(f"<p>{escape(one)}</p>" for one in door.get("description", "").split("\n\n"))
    rows = "".join(
        f"<tr><td>{escape(name)}</td><td>{value}</td></tr>" for name, value in _facts(door)
    )
    return (
        f"<section><h2><code>{escape(method.upper())} {escape(path)}</code></h2>{said}"
        f"<table>{rows}</table></section>"
    )


def _facts(door: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What stands in the rows of a door's table; the second of each is HTML."""
    opened_by = [" and ".join(way) or "nothing" for way in door.get("security", ())]
    if opened_by:
        yield "opened by", escape(", ".join(opened_by))
    for one in door.get("parameters", ()):
        yield f"{one['in']}: {one['name']}", _form(one["schema"])
    for kind, body in door.get("requestBody", {}).get("content", {}).items():
        yield f"body: {kind}", _form(body.get("schema", {}))
    for status, answer in door["responses"].items():
        forms = [_form(body.get("schema", {})) for body in answer.get("content", {}).values()]
        yield status, " ".join([escape(answer.get("description", "")), *forms])


def _form(schema: Mapping[str, Any]) -> str:
    """A schema in a few words, with links to the forms that it names."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#{name}"><code>{name}</code></a>'
    if "anyOf" in schema:
        return " or ".join(filter(None, map(_form, schema["anyOf"])))
    if schema.get("type") == "array" and (item := _form(schema.get("items", {}))):
        return f"list of {item}"
    return f"<code>{escape(str(schema.get('type', '')))}</code>" if schema.get("type") else ""


def _details(summary: str, schema: Mapping[str, Any]) -> str:
    text = escape(json.dumps(schema, indent=2, ensure_ascii=False))
    return f"<details open><summary>{summary}</summary><pre>{text}</pre></details>"
