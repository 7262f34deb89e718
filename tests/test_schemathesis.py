"""Requests made up from the OpenAPI description: no door breaks, each does as described."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from door_server import open_doors
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from small_site import garden

from rag.assistant import Assistant
from rag.embedding.embedder import HashEmbedder
from rag.settings import load_settings
from ui.page.desk import Desk
from ui.page.widget import widget
from ui.texts import load_texts

CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance,
    response_schema_conformance,
]  # fmt: skip
DOORS = {
    "/api/ask", "/api/posts/{id}", "/v1/chat/completions", "/v1/models", "/v1/models/{model}",
    "/healthz", "/readyz", "/metrics", "/api/sync", "/api/widget",
}  # fmt: skip

BODIES = {"/api/ask", "/v1/chat/completions"}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    index = garden(tmp_path_factory.mktemp("schemathesis") / "index")
    chosen = load_settings(
        index=index, embedding_model="hash", min_answerable=0.0, questions_a_minute=0,
        widget_origins="https://blog.example",
    )  # fmt: skip
    with Assistant(chosen, embedder=HashEmbedder()) as assistant:
        assistant.warm_up()
        shown = widget(Desk(assistant, load_texts()), chosen, "The garden")
        with open_doors(assistant, widget=shown) as (address, _):
            yield address


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "mode"),
    [
        *((path, GenerationMode.POSITIVE) for path in sorted(DOORS)),
        *((path, GenerationMode.NEGATIVE) for path in sorted(BODIES)),
    ],
    ids=str,
)
def test_no_door_breaks(address: str, path: str, mode: GenerationMode) -> None:
    """Whether what is sent fits the description or not."""
    described = schemathesis.openapi.from_url(f"{address}/api/openapi.json")
    for operation in described[path].values():

        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(
            max_examples=50,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        def send(case: schemathesis.Case[Any]) -> None:
            case.call_and_validate(checks=CHECKS)

        send()


def test_every_door_is_described(address: str) -> None:
    assert set(httpx.get(f"{address}/api/openapi.json").json()["paths"]) == DOORS
