"""Every product of NumPy on one core; `cores` is the same for torch."""

from __future__ import annotations

import os
from functools import cache

from threadpoolctl import ThreadpoolController

# Not every system can tell what a process may use.
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
"""As many products are worth computing side by side."""


@cache
def one_core() -> None:
    """From now on a product stays on the core of the thread that asks for it.

    As NumPy comes, its library shares each product among all cores, which then wait for each
    other: beside a second program a question took sixty times as long.
    """
    ThreadpoolController().limit(limits=1, user_api="blas")
