"""Load the generated two-year history: `python -m services.stations.history --visits 499200 --seed 2021 --until 2021-05-01`.

Opens the stations first if they are not there. Says how far it is in lines of JSON, `{"done": 5000, "of": 499200}`. Interrupted
and started again it goes on; what is there is not written or told again.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from uuid import UUID

from services.stations.features.import_visits import import_visits
from services.stations.features.open_stations import open_stations
from services.stations.generated import History
from services.stations.main import service
from services.stations.network import SEED, sites
from shared import clock
from shared.service import Service

VISITS = 499_200
"""With a month of live visits on top, the total stays just under the published half million."""

UNTIL = date(2021, 5, 1)


class OtherHistory(Exception):
    """The database holds another history: loading this one on top would count visits twice."""


def load_history(stations: Service, history: History) -> Iterator[int]:
    """Write what is missing; yields how many visits are there after each chunk. Raises `OtherHistory`."""
    missing = _missing(stations, history)
    done = history.visits - sum(history.size(number) for number in missing)
    yield done
    with ThreadPoolExecutor(1) as ahead:
        making = deque(ahead.submit(history.chunk, number) for number in missing[:1])
        for place, number in enumerate(missing, start=1):
            chunk = making.popleft().result()
            making.extend(ahead.submit(history.chunk, after) for after in missing[place : place + 1])
            with stations.begin() as unit:
                import_visits(chunk, unit)
            done += history.size(number)
            yield done


def _missing(stations: Service, history: History) -> list[int]:
    """The chunks that are not there yet. Raises `OtherHistory` when imported visits are there, and none of this history's."""
    firsts = [UUID(history.first_id(number)) for number in range(history.chunks)]
    with stations.begin() as unit:
        cursor = unit.cursor()
        there = {row[0] for row in cursor.execute("SELECT id FROM visit WHERE id = ANY(%b)", (firsts,)).fetchall()}
        if not there and cursor.execute("SELECT FROM visit WHERE imported LIMIT 1").fetchone() is not None:
            raise OtherHistory("Another history is loaded already; start with an empty database to load this one.")
    return [number for number, first in enumerate(firsts) if first not in there]


def main() -> None:
    """Read the command line and load."""
    parser = argparse.ArgumentParser(prog="python -m services.stations.history", description=__doc__)
    parser.add_argument("--visits", type=int, default=VISITS)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--until", type=date.fromisoformat, default=UNTIL, help="the first day without generated visits")
    given = parser.parse_args()
    if given.visits < 1 or given.until <= min(site.opened_on for site in sites()):
        parser.error("a history needs at least one visit, and a day after the first station opened")
    stations = service()
    if stations.settings.profile == "demo" and stations.settings.clock is not None:
        clock.simulate(stations.settings.clock)
    with stations.begin() as unit:
        open_stations(sites(), unit)
    try:
        for done in load_history(stations, History(sites(), visits=given.visits, seed=given.seed, until=given.until)):
            sys.stdout.write(json.dumps({"done": done, "of": given.visits}) + "\n")
            sys.stdout.flush()
    except OtherHistory as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
