"""The composition root of registration: the only file that puts it together."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from services.registration.consumers import consumers
from services.registration.jobs import jobs_for
from services.registration.projections.about import about
from services.registration.recount import recount
from services.registration.schedule import schedule
from services.registration.settings import RegistrationSettings
from services.registration.whereabouts import WHEREABOUTS
from shared.service import Service

if TYPE_CHECKING:
    from fastapi import FastAPI


def service(**given: Any) -> Service:
    """Registration, ready for any of its processes; settings not given come from the environment."""
    settings = RegistrationSettings(**given)
    registration = Service(
        "registration",
        settings,
        web,
        consumers=consumers,
        jobs=jobs_for(settings, lambda source, resident_id: registration.peers.person(source, resident_id)),
        schedule=schedule,
        recount=recount,
        whereabouts=WHEREABOUTS,
        about=about,
    )
    return registration


def web(service: Service) -> FastAPI:
    """Its web application, imported only by the process that serves it."""
    from services.registration import api, pages
    from services.registration.features.add_staff import add_demo_accounts
    from services.registration.live import mount_live_rooms
    from services.registration.pages.live_roster import live_rosters
    from services.registration.pages.rendering import pages as own_pages
    from services.registration.sign_ups import SignUps
    from shared.http import create_app

    app = create_app(service, "Registration", [api.router, api.rooms, pages.router])
    app.state.pages = own_pages
    app.state.rosters = live_rosters(service)
    app.state.sign_ups = SignUps(service.begin)
    mount_live_rooms(app, service.begin)
    if service.settings.profile == "demo":
        with service.begin() as unit:
            add_demo_accounts(unit)
    return app


if __name__ == "__main__":
    service().main(sys.argv[1:])
