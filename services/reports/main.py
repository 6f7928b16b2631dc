"""The composition root of reports: the only file that puts it together."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from services.reports.consumers import consumers
from services.reports.features.about import about
from services.reports.jobs import jobs_for
from services.reports.settings import ReportsSettings
from shared.service import Service

if TYPE_CHECKING:
    from fastapi import FastAPI


def service(**given: Any) -> Service:
    """Reports, ready for any of its processes; settings not given come from the environment."""
    settings = ReportsSettings(**given)
    return Service("reports", settings, web, consumers=consumers, jobs=jobs_for(settings), about=about)


def web(service: Service) -> FastAPI:
    """Its web application, imported only by the process that serves it."""
    from services.reports import api, pages
    from shared.http import create_app

    app = create_app(service, "Reports", [api.router, pages.router])
    app.state.feed_wake = pages.feed_wake(service)
    return app


if __name__ == "__main__":
    service().main(sys.argv[1:])
