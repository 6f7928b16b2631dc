"""Open the stations of the city's programme."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import select

from services.stations.network import Site
from services.stations.tables import Station
from shared.contracts.stations import StationOpened
from shared.unit import Unit


def open_stations(command: Sequence[Site], unit: Unit) -> int:
    """Put in and tell those that are not there yet; returns how many."""
    known = set(unit.session.exec(select(Station.id)).all())
    missing = [site for site in command if site.id not in known]
    for site in missing:
        unit.add(
            Station(
                id=site.id,
                code=site.code,
                name=site.name,
                street=site.street,
                district=site.district,
                site_type=site.site_type,
                opened_on=site.opened_on,
                hours=site.hours,
                generated=True,
            )
        )
        unit.emit(
            StationOpened(
                station_id=site.id,
                code=site.code,
                name=site.name,
                street=site.street,
                district=site.district,
                opened_on=site.opened_on,
            )
        )
    return len(missing)
