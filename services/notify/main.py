"""The composition root of notify: the only file that puts it together."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from services.notify.consumers import consumers_with
from services.notify.features.about import about
from services.notify.gateways import SmsGateway
from services.notify.gateways.simulated import SimulatedCarrier
from services.notify.jobs import jobs_with
from services.notify.recount import recount
from services.notify.schedule import schedule
from services.notify.settings import NotifySettings
from shared.service import Service

if TYPE_CHECKING:
    from fastapi import FastAPI

LARGEST_BATCH = 1024 * 1024
"""Carriers call back in batches; theirs may be larger than what people send."""


def service(*, carrier: SmsGateway | None = None, **given: Any) -> Service:
    """Notify, ready for any of its processes; settings not given come from the environment, and so does the carrier's address."""
    settings = NotifySettings(**given)
    return Service(
        "notify",
        settings,
        web,
        consumers=consumers_with(settings.helpline),
        jobs=jobs_with(carrier or SimulatedCarrier(settings.carrier_url), settings.helpline),
        schedule=schedule,
        recount=recount,
        about=about,
    )


def web(service: Service) -> FastAPI:
    """Its web application, imported only by the process that serves it."""
    from services.notify import api, pages
    from shared.http import create_app

    return create_app(service, "Notify", [api.router, pages.router], max_body=LARGEST_BATCH)


if __name__ == "__main__":
    service().main(sys.argv[1:])
