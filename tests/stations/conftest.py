"""A bench of stations, with all stations of the city open."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from services.stations.features.open_stations import open_stations
from services.stations.network import sites
from shared.testing import Bench


@pytest.fixture
def bench(new_bench: Callable[[str], Bench]) -> Bench:
    """The stations are open."""
    bench = new_bench("stations")
    bench.run(open_stations, sites())
    return bench
