"""The key of a station's appliance: `python -m services.stations.keys 310101019-01`, with `--renew` the next one.

After `--renew` the key before stays good, so that the appliance can change over; `--renew --revoke` ends it within seconds.
"""

from __future__ import annotations

import argparse
import sys

from sqlmodel import select

from services.stations.devices import device_key
from services.stations.features.renew_key import RenewKey, renew_key
from services.stations.main import service
from services.stations.tables import Station
from shared.errors import NotFound


def main() -> None:
    """Print the key."""
    parser = argparse.ArgumentParser(prog="python -m services.stations.keys", description=__doc__)
    parser.add_argument("station", help="the station's code")
    parser.add_argument("--renew", action="store_true", help="make a new key")
    parser.add_argument("--revoke", action="store_true", help="with --renew: earlier keys are good no more")
    given = parser.parse_args()
    stations = service()
    try:
        with stations.begin() as unit:
            if given.renew:
                number = renew_key(RenewKey(station=given.station, revoke=given.revoke), unit)
            else:
                found = unit.session.exec(select(Station.key_number).where(Station.code == given.station)).one_or_none()
                if found is None:
                    sys.exit(f"There is no station {given.station}.")
                number = found
    except NotFound as problem:
        sys.exit(problem.detail)
    sys.stdout.write(device_key(stations.keys, given.station, number) + "\n")


if __name__ == "__main__":
    main()
