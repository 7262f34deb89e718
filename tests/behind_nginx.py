"""A real nginx on loopback, with the very file that docs/deploy offers."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

DEPLOY = Path(__file__).resolve().parents[1] / "docs" / "deploy"
HOST = "blog.example"
# Debian has it where only root looks.
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
CURL = shutil.which("curl")
OPENSSL = shutil.which("openssl")
# What a system's own nginx.conf says around such a file.
_AROUND = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; events {{}}
http {{
  access_log off; client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2;
  fastcgi_temp_path {folder}/t3; uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  include {folder}/pullquote.conf;
}}
"""


@dataclass(frozen=True, slots=True)
class Proxy:
    """nginx, as it was started."""

    https: int
    """Its port."""
    http: int
    log: Path
    """Its lines about requests."""

    @property
    def page(self) -> str:
        return f"https://{HOST}:{self.https}/ask/"

    def curl(self, *arguments: str, address: str = "127.0.0.1") -> subprocess.Popen[str]:
        """A client that comes from an address of this machine.

        Args:
            arguments: Of curl.
            address: The client's own, of 127.0.0.0/8.
        """
        assert CURL
        found = [f"{HOST}:{port}:127.0.0.1" for port in (self.https, self.http)]
        named = [part for one in found for part in ("--resolve", one)]
        command = [CURL, "-sS", "-k", "-N", "--noproxy", "*", "--interface", address, *named]
        return subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, text=True)

    def said(self, *arguments: str, address: str = "127.0.0.1") -> str:
        """What curl prints."""
        with self.curl(*arguments, address=address) as client:
            return client.communicate(timeout=60)[0]


@contextmanager
def nginx_before(port: int, folder: Path) -> Iterator[Proxy]:
    """nginx in front of the server at that port; its files go into the folder."""
    assert NGINX
    assert OPENSSL
    https, http = _free(), _free()
    log, key, certificate = (folder / name for name in ("requests.log", "key.pem", "cert.pem"))
    subprocess.run(
        [OPENSSL, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
         f"/CN={HOST}", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    for theirs, ours in {
        "listen 80;": f"listen 127.0.0.1:{http};",
        "listen [::]:80;": "",
        "listen 443 ssl http2;": f"listen 127.0.0.1:{https} ssl http2;",
        "listen [::]:443 ssl http2;": "",
        f"/etc/letsencrypt/live/{HOST}/fullchain.pem": str(certificate),
        f"/etc/letsencrypt/live/{HOST}/privkey.pem": str(key),
        "/var/log/nginx/pullquote.log": str(log),
        "127.0.0.1:7860": f"127.0.0.1:{port}",
    }.items():
        assert text.count(theirs) == 1, f"docs/deploy/nginx.conf has not one {theirs!r}"
        text = text.replace(theirs, ours)
    (folder / "pullquote.conf").write_text(text, encoding="utf-8")
    main = folder / "nginx.conf"
    main.write_text(_AROUND.format(folder=folder), encoding="utf-8")
    command = [NGINX, "-c", str(main), "-p", str(folder), "-e", str(folder / "error.log")]
    tried = subprocess.run([*command, "-t"], capture_output=True, text=True)
    assert tried.returncode == 0, tried.stderr
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            _wait_for(https, process)
            yield Proxy(https, http, log)
        finally:
            process.terminate()  # its workers end with it


def _free() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[str]) -> None:
    while process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.02)
            continue
        return
    assert process.stderr
    raise AssertionError(process.stderr.read())
