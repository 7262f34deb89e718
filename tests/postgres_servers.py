"""A real PostgreSQL for tests: on a socket of its own, as a user without rights."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

from door_server import until

_USERS = ("postgres", "nobody")
PASSWORD = "word of the tests"


def missing_postgres() -> str:
    """Why there can be no server; empty where there can."""
    if find_spec("psycopg") is None:
        return "psycopg is not installed"
    return "" if _program("initdb") else "PostgreSQL is not installed (Debian: postgresql)"


def _program(name: str) -> str | None:
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return shutil.which(name, path=os.pathsep.join([*map(str, versions), os.defpath]))


class PostgresProcess:
    """A server whose data lies in a folder of its own, until `close`."""

    def __init__(self, listen: str = "127.0.0.1") -> None:
        self._listen = listen
        # Not the test's own folder: the path of a socket is at most 107 bytes long.
        self._folder = Path(tempfile.mkdtemp(prefix="pq-pg-", dir="/tmp"))
        self._user = _unprivileged()
        if self._user is not None:
            os.chown(self._folder, self._user.pw_uid, self._user.pw_gid)
        password = self._folder / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        self._run("initdb", "-D", f"{self._folder}/data", "-U", "tester", "-E", "UTF8",
                  "--locale=C", "-A", "scram-sha-256", f"--pwfile={password}")  # fmt: skip
        with (self._folder / "data" / "pg_hba.conf").open("a") as rules:
            rules.write("host all all samenet scram-sha-256\n")
        with socket.create_server(("127.0.0.1", 0)) as taken:
            self.port: int = taken.getsockname()[1]
        self.start()

    def url(
        self, *, port: int | None = None, host: str | None = None, password: str = PASSWORD
    ) -> str:
        """Over the socket, over a port of loopback, or over another host's address."""
        name = host or (str(self._folder) if port is None else "127.0.0.1")
        secret = password.replace(" ", "%20")
        return f"postgresql://tester:{secret}@/postgres?host={name}&port={port or self.port}"

    def file(self, path: str) -> Path:
        """One of its files, by its path in the data folder."""
        return self._folder / "data" / path

    def start(self) -> None:
        self._run(
            "pg_ctl", "-D", f"{self._folder}/data", "-l", f"{self._folder}/log", "-w", "-o",
            # Nothing has to outlive the machine, and the disk has other things to do.
            f"-k {self._folder} -p {self.port} -c listen_addresses={self._listen} -c fsync=off",
            "start",
        )  # fmt: skip

    def stop(self, *, kill: bool = False) -> None:
        if not kill:
            self._run("pg_ctl", "-D", f"{self._folder}/data", "-m", "fast", "-w", "stop")
            return
        pid = int((self._folder / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)
        until(lambda: not _lives(pid))

    def close(self) -> None:
        with suppress(subprocess.CalledProcessError):
            self._run("pg_ctl", "-D", f"{self._folder}/data", "-m", "immediate", "-w", "stop")
        shutil.rmtree(self._folder)

    def _run(self, program: str, *arguments: str) -> None:
        found = _program(program)
        assert found is not None
        who = self._user
        subprocess.run(
            [found, *arguments],
            check=True, stdout=subprocess.DEVNULL, cwd=self._folder,
            user=who.pw_uid if who else None, group=who.pw_gid if who else None,
            extra_groups=() if who else None,
        )  # fmt: skip


def _unprivileged() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to be run by root."""
    if os.geteuid() != 0:
        return None
    for name in _USERS:
        with suppress(KeyError):
            return pwd.getpwnam(name)
    raise AssertionError("there is no user to run PostgreSQL")


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@contextmanager
def postgres_server(listen: str = "127.0.0.1") -> Iterator[PostgresProcess]:
    process = PostgresProcess(listen)
    try:
        yield process
    finally:
        process.close()


class Wire:
    """A way to a server that can be cut."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._ends: list[socket.socket] = []
        self.is_cut = False
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                if self.is_cut:
                    near.close()
                    continue
                far = socket.create_connection(("127.0.0.1", self._to))
                self._ends += [near, far]
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=_pump, args=(one, other), daemon=True).start()

    def cut(self) -> None:
        """What is open breaks, and nothing gets through any more."""
        self.is_cut = True
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._ends.clear()

    def mend(self) -> None:
        self.is_cut = False

    def close(self) -> None:
        self.cut()
        self._listening.close()


def _pump(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while content := one.recv(65536):
            other.sendall(content)
    for end in (one, other):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
