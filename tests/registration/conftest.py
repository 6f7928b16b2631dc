"""Registration on a bench of its own."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shared.testing import Bench


@pytest.fixture
def bench(new_bench: Callable[[str], Bench]) -> Bench:
    """Registration, on Monday 10 May 2021 at nine in the morning."""
    return new_bench("registration")
