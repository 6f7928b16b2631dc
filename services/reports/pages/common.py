"""What the pages share: the templates, and the reader's language for sentences made in Python."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request

from services.reports.sentences import Say
from shared.web import Pages
from shared.web.pages import SHARED
from shared.web.view import View
from shared.web.words import LANGUAGES, Catalogue

pages = Pages("services.reports")
_CATALOGUES = {language: Catalogue(language, [Path(__file__).parents[1] / "templates", SHARED]) for language in LANGUAGES}


def say_for(request: Request) -> Say:
    """How sentences are said to this reader."""
    return _CATALOGUES[View.of(request.cookies).language].say
