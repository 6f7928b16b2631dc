"""The jobs of registration."""

from __future__ import annotations

from datetime import timedelta

from services.registration.features.issue_certificate import PRINT
from services.registration.settings import RegistrationSettings
from shared.jobs import Begin, Jobs


def jobs_for(settings: RegistrationSettings) -> Jobs:
    """The kinds of job, for the address that the settings name."""
    jobs = Jobs()

    @jobs.on(PRINT, lease=timedelta(minutes=2))
    def print_one(key: str, begin: Begin) -> None:
        # Only the process that prints needs what printing takes: web, relay and events worker do without it.
        from services.registration.features.print_certificate import print_certificate

        print_certificate(key, begin, settings.public_url)

    return jobs
