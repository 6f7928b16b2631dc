"""A bench with reports on it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shared.testing import Bench


@pytest.fixture
def bench(new_bench: Callable[[str], Bench]) -> Bench:
    """Reports on a database of its own."""
    return new_bench("reports")
