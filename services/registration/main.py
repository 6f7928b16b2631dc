"""The composition root of registration: the only file that puts it together."""

from __future__ import annotations

import sys
from typing import Any

from fastapi import FastAPI

from services.registration.consumers import consumers
from services.registration.recount import recount
from services.registration.schedule import schedule
from services.registration.settings import RegistrationSettings
from shared.service import Service


def service(**given: Any) -> Service:
    """Registration, ready for any of its processes; settings not given come from the environment."""
    return Service("registration", RegistrationSettings(**given), web, consumers=consumers, schedule=schedule, recount=recount)


def web(service: Service) -> FastAPI:
    """Its web application, imported only by the process that serves it."""
    from services.registration import api, pages
    from shared.http import create_app

    return create_app(service, "Registration", [api.router, pages.router])


if __name__ == "__main__":
    service().main(sys.argv[1:])
