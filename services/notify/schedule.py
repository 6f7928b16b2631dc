"""What notify does every so often."""

from __future__ import annotations

from datetime import timedelta

from services.notify.domain.keeping import Keeping
from services.notify.features.fall_back import fall_back
from services.notify.features.fold_figures import fold_figures, fold_present
from services.notify.features.install_templates import install_templates
from services.notify.features.send import end_abandoned
from services.notify.features.wipe_old import wipe_old
from shared.schedule import Schedule
from shared.unit import Unit


def schedule_with(keep: Keeping) -> Schedule:
    """Notify's schedule; what is older than `keep` says is wiped by it."""
    schedule = Schedule()
    schedule.every(timedelta(seconds=10))(end_abandoned)
    schedule.every(timedelta(minutes=1))(fall_back)
    schedule.every(timedelta(hours=1))(fold_figures)
    schedule.every(timedelta(minutes=5))(fold_present)
    schedule.every(timedelta(hours=1))(install_templates)

    @schedule.every(timedelta(minutes=1))
    def wipe(unit: Unit) -> None:
        wipe_old(keep, unit)

    return schedule
