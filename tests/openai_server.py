"""An OpenAI-compatible server on loopback that says what a test wrote down for it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class ScriptedServer(ThreadingHTTPServer):
    """Streams `pieces` to every request, or answers with an error `status`."""

    daemon_threads = True

    def __init__(self, pieces: Sequence[str], status: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pieces = pieces
        self.status = status
        self.requests: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class _Handler(BaseHTTPRequestHandler):
    server: ScriptedServer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append(json.loads(body))
        if self.server.status != 200:
            self._send("application/json", b'{"error": {"message": "out of order"}}')
            return
        events = [self._event({"role": "assistant", "content": ""}, None)]
        events += [self._event({"content": piece}, None) for piece in self.server.pieces]
        events += [self._event({}, "stop"), b"data: [DONE]\n\n"]
        self._send("text/event-stream", b"".join(events))

    def _event(self, delta: dict[str, str], finish: str | None) -> bytes:
        chunk = {
            "id": "1", "object": "chat.completion.chunk", "created": 1, "model": "scripted",
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        }  # fmt: skip
        return f"data: {json.dumps(chunk)}\n\n".encode()

    def _send(self, kind: str, body: bytes) -> None:
        self.send_response(self.server.status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        pass


@contextmanager
def scripted(*pieces: str, status: int = 200) -> Iterator[ScriptedServer]:
    server = ScriptedServer(pieces, status)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
