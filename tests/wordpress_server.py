"""A scripted server on loopback that answers as a WordPress site does, and fails as told."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

PAST_END = {"code": "rest_post_invalid_page_number", "data": {"status": 400}}
UNKNOWN = {"code": "rest_post_invalid_id", "message": "Invalid post ID.", "data": {"status": 404}}
FORBIDDEN = {"code": "rest_forbidden", "message": "Sorry, no.", "data": {"status": 401}}


@dataclass
class Asked:
    """A request, as the server saw it."""

    path: str
    query: dict[str, str]
    headers: Mapping[str, str]

    @property
    def is_census(self) -> bool:
        return "modified_gmt" in self.query.get("_fields", "")

    @property
    def is_fetch(self) -> bool:
        return "_embed" in self.query


@dataclass
class Response:
    """What the server sends; `body` may be an iterator of parts that never ends."""

    body: Any = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


Fault = Callable[[Asked], Response | None]


def json_response(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    kind = {"Content-Type": "application/json"}
    return Response(json.dumps(value).encode(), status, kind | (headers or {}))


class FakeSite:
    """Posts that can be changed between requests, and what goes wrong."""

    def __init__(self) -> None:
        self.base = ""
        self.name = ""
        self.posts: dict[int, dict[str, Any]] = {}
        self.hidden: set[int] = set()
        """Private, scheduled or in the trash: by id a 401."""
        self.unlisted: set[int] = set()
        """Public, but not in lists."""
        self.faults: list[Fault] = []
        """Asked first, in their order; the first that is not None is sent."""
        self.asked: list[Asked] = []
        self.headers = True
        """Whether lists come with their counts."""
        self.password = ""
        """What /users/me takes as Authorization; all else is shown the public view."""

    def add(self, number: int, html: str = "", **changes: Any) -> None:
        self.posts[number] = {
            "id": number,
            "date_gmt": "2024-03-01T12:00:00",
            "modified_gmt": "2024-03-01T12:00:00",
            "link": f"{self.base}/post-{number}/",
            "slug": f"post-{number}",
            "status": "publish",
            "type": "post",
            "title": {"rendered": f"Post {number}"},
            "content": {"rendered": html or f"<p>Text of post {number}.</p>", "protected": False},
            "_links": {"self": [{"href": f"{self.base}/wp-json/wp/v2/posts/{number}"}]},
            **changes,
        }

    def edit(self, number: int, html: str, modified: str = "2024-05-01T12:00:00") -> None:
        content = {"rendered": html, "protected": False}
        self.posts[number] |= {"content": content, "modified_gmt": modified}

    def count(self, of: Callable[[Asked], bool]) -> int:
        return sum(map(of, self.asked))

    def answer(self, asked: Asked) -> Response:
        self.asked.append(asked)
        for fault in self.faults:
            found = fault(asked)
            if found is not None:
                return found
        if asked.path in {"/wp-json/", "/wp-json"}:
            said = {"name": self.name} if self.name else {}
            return json_response({"home": self.base, "namespaces": ["wp/v2"], **said})
        if asked.path.startswith("/wp-json/wp/v2/"):
            return self._api(asked)
        return self._page(asked)

    def _api(self, asked: Asked) -> Response:
        what, _, number = asked.path.removeprefix("/wp-json/wp/v2/").partition("/")
        if what == "users":
            known = asked.headers.get("Authorization", "") == self.password != ""
            return json_response({"id": 1}) if known else json_response(FORBIDDEN, 401)
        if what != "posts":
            return json_response({"code": "rest_no_route"}, 404)
        if number:
            if int(number) in self.hidden:
                return json_response(FORBIDDEN, 401)
            post = self.posts.get(int(number))
            return json_response(post) if post else json_response(UNKNOWN, 404)
        listed = [p for n, p in sorted(self.posts.items()) if n not in self.hidden | self.unlisted]
        if "include" in asked.query:
            wanted = {int(n) for n in asked.query["include"].split(",")}
            listed = [post for post in listed if post["id"] in wanted]
        size, page = int(asked.query.get("per_page", 10)), int(asked.query.get("page", 1))
        if page > 1 and (page - 1) * size >= len(listed):
            return json_response(PAST_END, 400)
        counts = {"X-WP-Total": str(len(listed)), "X-WP-TotalPages": str(-(-len(listed) // size))}
        shown = listed[(page - 1) * size : page * size]
        return json_response(shown, headers=counts if self.headers else None)

    def _page(self, asked: Asked) -> Response:
        link = f'<{self.base}/wp-json/>; rel="https://api.w.org/"'
        body = "<html>"
        for post in self.posts.values():
            if urlsplit(post["link"]).path == asked.path:
                body += post["content"]["rendered"]
        return Response(body.encode(), 200, {"Content-Type": "text/html", "Link": link})


@contextmanager
def serving(site: FakeSite, *, certificate: Path | None = None) -> Iterator[FakeSite]:
    """Serve a site on a free port of loopback, encrypted where there is a certificate."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            response = site.answer(Asked(parts.path, query, dict(self.headers)))
            self.send_response(response.status)
            for name, value in response.headers.items():
                self.send_header(name, value)
            whole = isinstance(response.body, bytes)
            if whole and "Content-Length" not in response.headers:
                self.send_header("Content-Length", str(len(response.body)))
            self.end_headers()
            for part in [response.body] if whole else response.body:
                try:
                    self.wfile.write(part)
                except OSError:  # the client has seen enough
                    return

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    site.base = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
