"""Give a station's appliance its next key."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict
from sqlmodel import select

from services.stations.tables import Station
from shared.errors import NotFound
from shared.unit import Unit


class RenewKey(BaseModel):
    """Which station; `revoke` makes every earlier key useless at once, else the present one stays good until the next renewal."""

    model_config = ConfigDict(frozen=True)

    station: str
    revoke: bool = False


def renew_key(command: RenewKey, unit: Unit) -> int:
    """The number of the new key."""
    station = unit.session.exec(select(Station).where(Station.code == command.station).with_for_update()).one_or_none()
    if station is None:
        raise NotFound(f"没有编号为 {command.station} 的驿站。")
    station.old_key_number = None if command.revoke else station.key_number
    station.key_number += 1
    return station.key_number
