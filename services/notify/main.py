"""The composition root of notify: the only file that puts it together."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from services.notify.consumers import consumers_with
from services.notify.features.about import about
from services.notify.gateways import SmsGateway
from services.notify.gateways.chosen import Misconfigured, chosen
from services.notify.jobs import jobs_with
from services.notify.recount import recount
from services.notify.schedule import schedule_with
from services.notify.settings import NotifySettings
from services.notify.whereabouts import WHEREABOUTS
from shared.service import Service

if TYPE_CHECKING:
    from fastapi import FastAPI

LARGEST_BATCH = 1024 * 1024
"""Carriers call back in batches; theirs may be larger than what people send."""


def service(*, carriers: Mapping[str, SmsGateway] | None = None, **given: Any) -> Service:
    """Notify, ready for any of its processes; settings not given come from the environment, and so do the carriers."""
    settings = NotifySettings(**given)
    carriers = carriers or chosen(settings)
    shares = {name: settings.weights.get(name, 100) for name in carriers}
    return Service(
        "notify",
        settings,
        web,
        consumers=consumers_with(settings.helpline),
        jobs=jobs_with(carriers, shares, settings.helpline),
        schedule=schedule_with(settings.keeping),
        recount=recount,
        whereabouts=WHEREABOUTS,
        about=about,
    )


def web(service: Service) -> FastAPI:
    """Its web application, imported only by the process that serves it."""
    from services.notify import api, pages
    from services.notify.pages.messages import messages_wake
    from shared.http import create_app

    app = create_app(service, "Notify", [api.router, pages.router], max_body=LARGEST_BATCH)
    app.state.messages_wake = messages_wake(service)
    return app


if __name__ == "__main__":
    try:
        made = service()
    except Misconfigured as missing:
        sys.exit(str(missing))
    made.main(sys.argv[1:])
