"""A real Chroma server on loopback, and a door before it that asks for a token and can fail."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from door_server import until

_STARTING = 60.0  # seconds


def chroma_program() -> str | None:
    """Chroma's command line, which its package brings."""
    return shutil.which("chroma", path=f"{Path(sys.executable).parent}{os.pathsep}{os.defpath}")


class ChromaProcess:
    """`chroma run`; its data outlives a stop."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.create_server(("127.0.0.1", 0)) as taken:
            self.port: int = taken.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        program = chroma_program()
        assert program is not None
        self.folder.mkdir(exist_ok=True)
        with (self.folder.parent / f"{self.folder.name}.log").open("ab") as log:
            self._process = subprocess.Popen(
                [program, "run", "--host", "127.0.0.1", "--port", str(self.port), "--path",
                 str(self.folder)],
                stdout=log, stderr=log,
            )  # fmt: skip
        until(self._answers, _STARTING)

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/api/v2/heartbeat")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Of the server itself, past the door: what stands under its database."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            whole = f"/api/v2/tenants/default_tenant/databases/default_database/{path}"
            connection.request(
                method, whole, json.dumps(body), {"Content-Type": "application/json"}
            )
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def collections(self) -> set[str]:
        return {one["name"] for one in self.ask("GET", "collections")}

    def stop(self, *, kill: bool = False) -> None:
        if self._process is not None:
            (self._process.kill if kill else self._process.terminate)()
            self._process.wait()
            self._process = None


class Door:
    """An HTTP door before a Chroma server, as a proxy that checks a token."""

    def __init__(self, behind: ChromaProcess, token: str = "") -> None:
        self.behind = behind
        self.token = token
        self.asked: list[str] = []
        """Method and path of each request, in order."""
        self.before: Callable[[str, int], bool] = lambda path, number: True
        """Called with a path and how often it was asked for by then; False drops the request."""
        self.after: Callable[[str, int], bool] = lambda path, number: True
        """The same once the server has answered; False keeps the answer back."""
        self.instead: Callable[[str], tuple[int, bytes] | None] = lambda path: None
        """Called with a path; a status and a text that the server itself is made to answer."""
        door = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                door._pass_on(self)

            do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - the names that the class looks for

            def log_message(self, *_: object) -> None:
                """Not into the tests' output."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def times(self, end: str) -> int:
        """How often something was asked for whose path ends so."""
        return sum(one.endswith(end) for one in self.asked)

    def _pass_on(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        path = request.path.partition("?")[0]
        self.asked.append(f"{request.command} {path}")
        end = path.rpartition("/")[2]
        if self.token and request.headers.get("Authorization") != f"Bearer {self.token}":
            return _answer(request, 403, b"Forbidden")
        if not self.before(end, self.times(end)):
            request.close_connection = True
            return None
        if instead := self.instead(end):
            return _answer(request, *instead)
        connection = http.client.HTTPConnection("127.0.0.1", self.behind.port, timeout=60)
        try:
            headers = {"Content-Type": request.headers.get("Content-Type") or "application/json"}
            connection.request(request.command, request.path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            return _answer(request, 502, b"Bad Gateway")
        finally:
            connection.close()
        if not self.after(end, self.times(end)):
            request.close_connection = True
            return None
        return _answer(request, answer.status, content)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _answer(request: BaseHTTPRequestHandler, status: int, content: bytes) -> None:
    with suppress(OSError):  # whoever asked was killed
        request.send_response(status)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)


@contextmanager
def chroma_server(folder: Path, token: str = "") -> Iterator[Door]:
    """A server whose data lies in the folder, behind a door."""
    process = ChromaProcess(folder)
    door = Door(process, token)
    try:
        yield door
    finally:
        door.close()
        process.stop()
