"""A real WordPress on loopback, from Debian packages and the lab's scripts beside the checkout."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests_shared import SHARED

from ui.ports import free_port

LAB = SHARED / "wordpress" / "lab"
_PROGRAMS = ("php", "mariadbd", "mariadb-install-db", "curl")
_SOURCE = Path("/usr/share/wordpress")


def missing_parts() -> str:
    """Why there can be no lab; empty where there can."""
    if not LAB.is_dir():
        return "the scripts of the WordPress lab are not beside the checkout"
    lacking = [name for name in _PROGRAMS if shutil.which(name) is None]
    if not (_SOURCE / "wp-settings.php").exists():
        lacking.append("wordpress")
    return f"Debian packages are not installed: {', '.join(lacking)}" if lacking else ""


@dataclass(frozen=True)
class Lab:
    """A site that is up."""

    folder: Path
    port: int

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def root(self) -> Path:
        """Where WordPress's files lie."""
        return self.folder / "main"

    @property
    def password(self) -> str:
        """The application password of the user "admin"."""
        return (self.folder / "apppw").read_text().strip().partition(":")[2]

    def run(self, *arguments: str, **more: str) -> str:
        done = subprocess.run(
            [str(LAB / "wp-lab.sh"), *arguments],
            env={
                **os.environ,  # noqa: TID251 - for a process
                "LAB": str(self.folder),
                "SITE": "main",
                "PORT": str(self.port),
                "APPPW": str(self.folder / "apppw"),
                **more,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=240,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    def play(self, code: str) -> str:
        """PHP inside WordPress, with a function that finds a post by its slug."""
        find = (
            "function id($slug) { global $wpdb; return (int)$wpdb->get_var($wpdb->prepare("
            "\"SELECT ID FROM $wpdb->posts WHERE post_name=%s AND post_type!='revision'\", $slug));"
            " } "
        )
        return self.run("php", str(LAB / "eval.php"), CODE=find + code)


@contextmanager
def lab() -> Iterator[Lab]:
    """Up and filled, for as long as it is needed."""
    # A socket's path may have a hundred letters, which pytest's own folders come close to.
    folder = Path(tempfile.mkdtemp(prefix="pullquote-lab-"))
    site = Lab(folder, free_port("127.0.0.1", 8960))
    try:
        site.run("up")
        seeded: dict[str, Any] = json.loads(site.run("php", str(LAB / "seed.php")))
        assert seeded["ids"]
        yield site
    finally:
        site.run("down", "all")
        shutil.rmtree(folder, ignore_errors=True)
