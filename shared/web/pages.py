"""Rendering: one Jinja2 environment per language, the service's templates before the shared ones."""

from __future__ import annotations

import os
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from shared import clock
from shared.auth import COOKIE, Principal, read_session
from shared.web import numbers, rooms
from shared.web.policy import HEADERS
from shared.web.static_files import static
from shared.web.view import View, link
from shared.web.words import LANGUAGES, Catalogue, Language

SHARED = Path(__file__).parent / "templates"
HELPLINE = "12345"
"""Shanghai's citizens' service line, where a person answers; JIAMENKOU_HELPLINE names the subdistrict's own."""


class Pages:
    """A service's pages: `Pages("services.registration").render(request, "sessions.html", sessions=…)`."""

    def __init__(self, package: str, folder: str | Path = "templates") -> None:
        found = find_spec(package)
        if found is None or not found.submodule_search_locations:
            raise ValueError(f"{package} is not a package")
        folders = list(dict.fromkeys([Path(found.submodule_search_locations[0]) / folder, SHARED]))
        self._environments = {language: _environment(language, folders) for language in LANGUAGES}

    def render(self, request: Request, template: str, *, status_code: int = 200, **context: Any) -> HTMLResponse:
        """The page as a response, in the reader's language and view, greeting who is logged in unless `principal` is given."""
        view = View.of(request.cookies)
        given = {"principal": _who(request)} | context
        text = self._environments[view.language].get_template(template).render(**_surroundings(request, view), **given)
        headers = HEADERS | {
            "cache-control": "no-store",
            "content-language": "zh-CN" if view.language == "zh" else "en",
            "vary": "Cookie",
        }
        return HTMLResponse(text, status_code=status_code, headers=headers)


def _environment(language: Language, folders: list[Path]) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(folders), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals |= {"_": Catalogue(language, folders).say, "static": static, "language": language}
    environment.filters |= {
        "moment": partial(_second, numbers.day_and_time, language),
        "day": partial(_second, numbers.day, language),
        "weekday": partial(_second, numbers.weekday, language),
        "span": partial(_second, numbers.span, language),
        "about": partial(_second, numbers.about, language),
        "hours": partial(_second, numbers.hours, language),
        "clock": numbers.time_of_day,
        "number": numbers.number,
        "local": numbers.local,
    }
    return environment


def _who(request: Request) -> Principal | None:
    """Who is asking: as the endpoint found out, or else from the session cookie, which also pages of errors can read."""
    known: Principal | None = getattr(request.state, "principal", None)
    app = request.scope.get("app")
    service = getattr(app.state, "service", None) if app is not None else None
    return known or (read_session(service.keys, request.cookies.get(COOKIE)) if service is not None else None)


def _second(function: Any, language: Language, value: Any, *rest: Any, **named: Any) -> str:
    """Call `function` with the language put in as its second argument."""
    text: str = function(value, language, *rest, **named)
    return text


def _surroundings(request: Request, view: View) -> dict[str, Any]:
    """What the layout needs to know about this request."""
    return {
        "view": view,
        "here": request.url.path,
        "choose": partial(link, request.url.query) if request.method == "GET" else _from_home,
        "now": clock.now(),
        "simulated": clock.simulated(),
        "helpline": os.environ.get("JIAMENKOU_HELPLINE", HELPLINE),
        "rooms": rooms,
    }


def _from_home(name: str, value: str) -> str:
    """A choice made on the answer to a posted form leads home: the answer itself cannot be asked for again."""
    return rooms.HOME + link("", name, value)
