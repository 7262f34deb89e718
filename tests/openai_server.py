"""An OpenAI-compatible server on loopback that says what a test wrote down for it."""

from __future__ import annotations

import json
import select
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Reply:
    """What one request is answered with."""

    pieces: tuple[str, ...] = ()
    status: int = 200
    error: str = "out of order"
    finish: str = "stop"
    between: float = 0
    """Seconds before each piece."""
    usage: tuple[int, int] | None = None
    """Tokens of the request and of the answer, told behind it."""
    cut: bool = False
    """Whether the connection breaks behind the last piece."""
    says: Callable[[list[dict[str, str]]], str | Iterable[str]] | None = None
    """Makes of the messages of the request what is said, as one piece or as they come."""


class ScriptedServer(ThreadingHTTPServer):
    """Gives its replies one after another, the last one ever after."""

    daemon_threads = True

    def __init__(self, replies: Sequence[Reply]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.replies = list(replies)
        self.requests: list[dict[str, Any]] = []
        self.left = threading.Event()
        """Somebody ended the connection before the answer."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class _Handler(BaseHTTPRequestHandler):
    server: ScriptedServer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append(json.loads(body))
        replies = self.server.replies
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        self.send_response(reply.status)
        if reply.status != 200:
            said = json.dumps({"error": {"message": reply.error}}).encode()
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)
            return
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            self._stream(reply)
        except OSError:  # nobody listens any more
            self.server.left.set()
            self.close_connection = True

    def _stream(self, reply: Reply) -> None:
        self._send(_event({"role": "assistant", "content": ""}, None))
        pieces: Iterable[str] = reply.pieces
        if reply.says:
            said = reply.says(self.server.requests[-1]["messages"])
            pieces = [said] if isinstance(said, str) else said
        for piece in pieces:
            self._wait(reply.between)
            self._send(_event({"content": piece}, None))
        if reply.cut:
            self.close_connection = True
            return
        self._send(_event({}, reply.finish, reply.usage) + b"data: [DONE]\n\n")
        self.wfile.write(b"0\r\n\r\n")

    def _wait(self, seconds: float) -> None:
        """Or raise as soon as the other side has gone."""
        readable, _, _ = select.select([self.connection], [], [], seconds)
        if readable and not self.connection.recv(1, socket.MSG_PEEK):
            raise ConnectionResetError

    def _send(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        pass


def _event(
    delta: dict[str, str], finish: str | None, usage: tuple[int, int] | None = None
) -> bytes:
    chunk: dict[str, Any] = {
        "id": "1", "object": "chat.completion.chunk", "created": 1, "model": "scripted",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }  # fmt: skip
    if usage:
        asked, said = usage
        chunk["usage"] = {
            "prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said,
        }  # fmt: skip
    return f"data: {json.dumps(chunk)}\n\n".encode()


@contextmanager
def serving(*replies: Reply) -> Iterator[ScriptedServer]:
    server = ScriptedServer(replies)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def scripted(*pieces: str, status: int = 200) -> Iterator[ScriptedServer]:
    """A server that always says the same."""
    with serving(Reply(pieces, status=status)) as server:
        yield server
