"""What notify does every so often."""

from __future__ import annotations

from datetime import timedelta

from services.notify.features.fold_figures import fold_figures, fold_present
from services.notify.features.install_templates import install_templates
from services.notify.features.send import end_abandoned
from shared.schedule import Schedule

schedule = Schedule()
schedule.every(timedelta(minutes=1))(end_abandoned)
schedule.every(timedelta(hours=1))(fold_figures)
schedule.every(timedelta(minutes=5))(fold_present)
schedule.every(timedelta(hours=1))(install_templates)
