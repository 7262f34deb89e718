"""A writer on a machine of its own that is cut off from the database: no packet gets through.

Run it as a program in a network of its own (`unshare -n`); the writer gets another one. Where a
cable is pulled, nobody is told: here frames go to an address that nobody has. What is found is
printed as JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from postgres_servers import postgres_server

from rag.catalog.catalog import Catalog
from rag.catalog.files import writers_catalog
from rag.errors import IndexBusy, PullquoteError
from rag.place import ChromaServer, Database, Place

HERE, THERE = "10.200.0.1", "10.200.0.2"
_NOBODY = "02:00:00:00:00:99"
_CHROMA = ChromaServer("http://127.0.0.1:1")  # never asked


def ip(command: str) -> None:
    subprocess.run(["ip", *command.split()], check=True)


def found() -> dict[str, object]:
    ip("link set lo up")
    ip("link add here type veth peer name there")
    ip(f"addr add {HERE}/24 dev here")
    ip("link set here up")
    with postgres_server(listen=f"127.0.0.1,{HERE}") as server, TemporaryDirectory() as name:
        near = Place(Path(name), _CHROMA, Database(server.url()))
        with writers_catalog(near, create=True):
            pass
        writer = subprocess.Popen(
            ["unshare", "-n", sys.executable, __file__, server.url(host=HERE)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        with writer:
            assert writer.stdin is not None
            assert writer.stdout is not None
            assert writer.stdout.readline() == "there\n"
            ip(f"link set there netns {writer.pid}")
            writer.stdin.write("come in\n")
            writer.stdin.flush()
            assert writer.stdout.readline() == "writing\n"
            ip(f"neigh replace {THERE} lladdr {_NOBODY} dev here nud permanent")
            writer.stdin.write("go on\n")
            writer.stdin.flush()
            free = until_free(near)
            said = json.loads(writer.stdout.readline())
        with closing(Catalog(near)) as catalog:
            return {**said, "free": free, "written": catalog.meta("far")}


def until_free(where: Place) -> float:
    """Seconds until another writer is let in; it writes then."""
    started = time.monotonic()
    while True:
        try:
            with writers_catalog(where) as catalog:
                passed = time.monotonic() - started
                catalog.set_meta("near", "written")
                return passed
        except IndexBusy:
            time.sleep(0.5)


def write(url: str) -> None:
    """As the writer: open the catalog, and go on when it is cut off."""
    print("there", flush=True)
    sys.stdin.readline()
    ip(f"addr add {THERE}/24 dev there")
    ip("link set there up")
    with TemporaryDirectory() as name:
        try:
            with writers_catalog(Place(Path(name), _CHROMA, Database(url))) as catalog:
                print("writing", flush=True)
                sys.stdin.readline()
                ip(f"neigh replace {HERE} lladdr {_NOBODY} dev there nud permanent")
                started = time.monotonic()
                catalog.set_meta("far", "written")
        except PullquoteError as error:
            told = time.monotonic() - started
            print(json.dumps({"error": type(error).__name__, "told": told}), flush=True)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        write(sys.argv[1])
    else:
        print(json.dumps(found()))
