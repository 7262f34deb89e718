"""Where something was measured: without it, seconds say nothing."""

from __future__ import annotations

import os
import platform
import resource
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_PACKAGES = (
    "pullquote", "torch", "sentence-transformers", "chromadb", "gradio", "numpy",
    "langchain", "langchain-chroma", "llama-index-core",
)  # fmt: skip
_CPUINFO = Path("/proc/cpuinfo")
_STATUS = Path("/proc/self/status")


@dataclass(frozen=True, slots=True)
class Machine:
    """What figures of speed depend on."""

    processor: str
    cores: int
    """That this process may use."""
    memory_gb: float
    system: str
    python: str
    versions: tuple[tuple[str, str], ...]
    """Package and version."""
    load: float
    """Processes that ran or wanted to, mean of the last minute: how quiet the machine was."""

    def __str__(self) -> str:
        packages = ", ".join(f"{name} {number}" for name, number in self.versions)
        return (
            f"{self.processor}, {self.cores} cores, {self.memory_gb:.0f} GB of memory, "
            f"{self.system}, Python {self.python}; {packages}. "
            f"Load before the first run: {self.load:.1f}."
        )


def this_machine() -> Machine:
    # Not every system can tell what a process may use.
    own = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return Machine(
        processor=_processor(),
        cores=own or 1,
        memory_gb=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9,
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        versions=tuple(_versions()),
        load=os.getloadavg()[0],
    )


def _versions() -> Iterator[tuple[str, str]]:
    for name in _PACKAGES:  # not everyone has all of them
        with suppress(PackageNotFoundError):
            yield name, version(name)


def peak_memory_mb() -> float:
    """The most memory that this process has had resident so far."""
    if _STATUS.is_file():
        # Linux's own count: `ru_maxrss` begins with what the process was forked from.
        for line in _STATUS.read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 1e6 if sys.platform == "darwin" else most * 1024 / 1e6  # bytes there, else KiB


def _processor() -> str:
    if _CPUINFO.is_file():
        for line in _CPUINFO.read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()
