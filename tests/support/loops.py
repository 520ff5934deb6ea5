"""Coroutines in tests: in a thread of their own, as Playwright keeps a loop running in the one that a test has."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

Made = TypeVar("Made")


def run(work: Coroutine[Any, Any, Made]) -> Made:
    """What a coroutine gives; what it raises is passed on."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
