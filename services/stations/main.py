"""The composition root of stations: the only file that puts it together."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from services.stations.consumers import consumers
from services.stations.features.about import about
from services.stations.recount import recount
from services.stations.whereabouts import WHEREABOUTS
from shared.service import Service
from shared.settings import Settings

if TYPE_CHECKING:
    from fastapi import FastAPI


def service(**given: Any) -> Service:
    """Stations, ready for any of its processes; settings not given come from the environment."""
    return Service("stations", Settings(**given), web, consumers=consumers, recount=recount, whereabouts=WHEREABOUTS, about=about)


def web(service: Service) -> FastAPI:
    """Its web application, imported only by the process that serves it."""
    from services.stations import api, pages
    from services.stations.intake import Intake
    from shared.http import create_app

    app = create_app(service, "Stations", [api.router, pages.router])
    app.state.intake = Intake(service)
    return app


if __name__ == "__main__":
    service().main(sys.argv[1:])
