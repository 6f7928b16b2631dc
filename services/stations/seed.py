"""Open the city's 219 stations: `python -m services.stations.seed`. Those that are open already stay as they are."""

from __future__ import annotations

import json
import sys

from services.stations.features.open_stations import open_stations
from services.stations.main import service
from services.stations.network import sites
from shared import clock


def main() -> None:
    """Open what is missing, and say how many that were."""
    stations = service()
    if stations.settings.profile == "demo" and stations.settings.clock is not None:
        clock.simulate(stations.settings.clock)
    with stations.begin() as unit:
        opened = open_stations(sites(), unit)
    sys.stdout.write(json.dumps({"opened": opened}) + "\n")


if __name__ == "__main__":
    main()
