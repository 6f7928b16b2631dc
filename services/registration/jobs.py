"""The jobs of registration: printing certificates, gathering a person's records, forgetting a person."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from services.registration.features.erase import Erase, erase
from services.registration.features.erasures import JOB as ERASE
from services.registration.features.exports import JOB as GATHER
from services.registration.features.exports import Ask, gather
from services.registration.features.issue_certificate import PRINT
from services.registration.projections.about import about
from services.registration.settings import RegistrationSettings
from shared.jobs import Begin, Jobs
from shared.settings import Settings

OTHERS = ("notify", "stations", "reports")


def other_sources(settings: Settings) -> tuple[str, ...]:
    """The logs of the other services: of each shard that this deployment has, or one of each."""
    configured = [name for name in settings.peers if name.split("@")[0] in OTHERS]
    return tuple(sorted(f"/{name.replace('@', '/')}" for name in configured or OTHERS))


def jobs_for(settings: RegistrationSettings, ask: Ask) -> Jobs:
    """The kinds of job, for the address that the settings name, with the way to ask other services."""
    jobs = Jobs()

    @jobs.on(PRINT, lease=timedelta(minutes=2))
    def print_one(key: str, begin: Begin) -> None:
        # Only the process that prints needs what printing takes: web, relay and events worker do without it.
        from services.registration.features.print_certificate import print_certificate

        print_certificate(key, begin, settings.public_url)

    @jobs.on(GATHER)
    def gather_part(key: str, begin: Begin) -> None:
        gather(key, begin, ask, about)

    @jobs.on(ERASE)
    def erase_person(key: str, begin: Begin) -> None:
        with begin() as unit:
            erase(Erase(erasure_id=UUID(key), sources=other_sources(settings)), unit)

    return jobs
