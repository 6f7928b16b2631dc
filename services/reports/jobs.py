"""The jobs of reports."""

from __future__ import annotations

from datetime import timedelta

from services.reports.settings import ReportsSettings
from shared.jobs import Begin, Jobs


def jobs_for(settings: ReportsSettings) -> Jobs:
    """The kinds of job, for the paper that the settings name."""
    jobs = Jobs()

    @jobs.on("publish", lease=timedelta(minutes=5))
    def publish_bulletin(key: str, begin: Begin) -> None:
        # Only the process that prints needs what printing takes: relay and events worker do without its 18 MB.
        from services.reports.features.publish import publish

        publish(key, begin, settings)

    return jobs
