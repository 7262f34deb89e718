"""The files of docs/deploy, as far as they can be checked without their host."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from behind_nginx import DEPLOY

from rag.settings import Settings

ROOT = DEPLOY.parents[1]
FILES = sorted(DEPLOY.iterdir())
UNITS = [file for file in FILES if file.suffix in (".service", ".timer")]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_setting_that_a_file_gives_exists(file: Path) -> None:
    given = re.findall(r"PULLQUOTE_([A-Z_]+)", file.read_text(encoding="utf-8"))
    assert {name.lower() for name in given} <= set(Settings.model_fields)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_file_is_spoken_of_in_the_guide(file: Path) -> None:
    guide = (DEPLOY.parent / "deployment.md").read_text(encoding="utf-8")
    assert f"(deploy/{file.name.removesuffix('.dockerignore')})" in guide


def test_the_image_is_made_of_files_that_are_there_and_sent() -> None:
    dockerfile = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    copied = [
        name
        for line in re.findall(r"^COPY (.+)$", dockerfile, re.MULTILINE)
        for name in line.split()[:-1]
    ]
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    assert "rag" in copied
    for name in (Path(one).name for one in copied):
        assert (ROOT / name).exists()
        assert f"!{name}" in ignored
    packages = {one.split(".")[0] for one in _packages()}
    assert packages <= set(copied), "a package is not in the image"


def test_the_image_has_the_tools_for_assistants() -> None:
    """Without the extra, `/mcp` is not there."""
    dockerfile = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    (installed,) = re.findall(r'constraints\.txt "\.\[(.+)\]"$', dockerfile, re.MULTILINE)
    assert "mcp" in installed.split(",")
    assert set(installed.split(",")) <= set(_project()["optional-dependencies"])


def test_only_what_serves_is_asked_how_it_is_and_each_has_its_secrets() -> None:
    assert (
        "/readyz" in (DEPLOY / "Dockerfile").read_text(encoding="utf-8").partition("HEALTHCHECK")[2]
    )
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]
    assert services["pullquote"]["image"] == services["ingest"]["image"]
    for name, unit in (("pullquote", "pullquote"), ("ingest", "pullquote-ingest")):
        one = services[name]
        assert one.get("healthcheck", {}).get("disable", False) == (one["command"][0] != "serve")
        (secrets,) = one["env_file"]
        assert secrets["required"] is False
        of_unit = re.findall(
            r"^EnvironmentFile=-/etc/(\S+)$",
            (DEPLOY / f"{unit}.service").read_text(encoding="utf-8"), re.MULTILINE,
        )  # fmt: skip
        assert of_unit == [secrets["path"]]


def test_torch_has_one_version() -> None:
    (tested,) = re.findall(
        r"^torch==(\S+)$", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert f"torch=={tested} " in (DEPLOY / "Dockerfile").read_text(encoding="utf-8")


def test_containers_share_an_index_and_nobody_but_nginx_is_reached() -> None:
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]
    assert [name for name, one in services.items() if "ports" in one] == ["nginx"]
    assert services["pullquote"]["network_mode"] == "service:nginx"
    assert services["pullquote"]["volumes"] == services["ingest"]["volumes"]
    patience = int(services["pullquote"]["stop_grace_period"].removesuffix("s"))
    assert patience > Settings.model_fields["stop_timeout"].default
    for name in ("pullquote", "ingest"):
        assert services[name]["read_only"]
        assert services[name]["cap_drop"] == ["ALL"]
    for volume in services["nginx"]["volumes"]:
        own = volume.split(":")[0]
        assert not own.startswith(".") or (DEPLOY / own).is_file()


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd-analyze")
def test_units_are_understood_by_systemd(tmp_path: Path) -> None:
    for file in UNITS:
        text = file.read_text(encoding="utf-8")
        # It wants programs that are there.
        text = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", text, flags=re.MULTILINE)
        (tmp_path / file.name).write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", *(tmp_path / file.name for file in UNITS)],
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_unit_waits_for_longer_than_the_server_does() -> None:
    unit = (DEPLOY / "pullquote.service").read_text(encoding="utf-8")
    (patience,) = re.findall(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)
    assert int(patience) > Settings.model_fields["stop_timeout"].default


def _packages() -> list[str]:
    return list(_config()["tool"]["setuptools"]["packages"])


def _project() -> dict[str, Any]:
    found: dict[str, Any] = _config()["project"]
    return found


def _config() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
