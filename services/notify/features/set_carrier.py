"""Take a carrier out of use, or put it back, by hand."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from services.notify.domain.routing import id_of
from services.notify.features import Command
from services.notify.features.judge_carriers import standings
from services.notify.tables import CarrierStanding
from shared.contracts.notify import CarrierBack, CarrierLeft
from shared.errors import Conflict, NotFound
from shared.log import log
from shared.unit import Unit
from shared.web import phrase

UNKNOWN = phrase("没有这家运营商，名单里只有在用的几家。")
LAST = phrase("只剩这一家运营商在用，停了短信就发不出去。请先恢复另一家。")


class SetCarrier(Command):
    """Somebody of the staff wants this carrier used or not."""

    carrier: str
    used: bool
    staff_id: UUID


def set_carrier(command: SetCarrier, shares: Mapping[str, int], unit: Unit) -> CarrierStanding:
    """Change where it stands, if that is a change. Raises `NotFound`, or `Conflict` for the last one in use."""
    if command.carrier not in shares:
        raise NotFound(UNKNOWN)
    unit.cursor().execute("LOCK TABLE carrier_standing IN EXCLUSIVE MODE")
    known = standings(shares, unit)
    standing = known[command.carrier]
    if not command.used and standing.state != "out":
        if not any(other.state == "open" and shares[name] for name, other in known.items() if name != command.carrier):
            raise Conflict(LAST)
        standing.state, standing.since, standing.tries, standing.trial_at = "out", unit.now, 0, None
        unit.emit(CarrierLeft(carrier_id=id_of(command.carrier), carrier=command.carrier, reason="operator"))
    elif command.used and standing.state != "open":
        away = round((unit.now - standing.since).total_seconds())
        standing.state, standing.since, standing.tries, standing.trial_at = "open", unit.now, 0, None
        unit.emit(CarrierBack(carrier_id=id_of(command.carrier), carrier=command.carrier, seconds=away))
    unit.add(standing)
    log.info("carrier_set", carrier=command.carrier, used=command.used, staff_id=str(command.staff_id))
    return standing
