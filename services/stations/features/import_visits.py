"""Import visits of the past, a chunk at a time: written with COPY, and told like any others."""

from __future__ import annotations

from services.stations.features.record_visits import READING_COLUMNS, VISIT_COLUMNS, copy_rows
from services.stations.generated import Chunk
from shared.contracts.stations import VisitRecorded
from shared.unit import Unit

TURN = 20_210_501
"""The advisory lock under which imports take turns."""


def import_visits(command: Chunk, unit: Unit) -> int:
    """Write and tell the chunk unless it is there already, whole as it always is; returns how many visits that were."""
    cursor = unit.cursor()
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", (TURN,))
    if cursor.execute("SELECT 1 FROM visit WHERE id = %s", (command.facts[0][0],)).fetchone():
        return 0
    copy_rows(unit, f"COPY visit ({VISIT_COLUMNS}) FROM STDIN", command.visits)
    copy_rows(unit, f"COPY reading ({READING_COLUMNS}) FROM STDIN", command.readings)
    for id, site, day, person, items in command.facts:
        unit.emit(
            VisitRecorded.model_validate(
                {"visit_id": id, "station_id": site.id, "day": day, "person_id": person, "items": items, "imported": True}
            )
        )
    return len(command.facts)
