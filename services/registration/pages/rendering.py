"""What all of registration's pages are rendered with."""

from __future__ import annotations

import segno
from markupsafe import Markup
from pydantic import ValidationError
from starlette.responses import RedirectResponse

from shared.web import Pages
from shared.web.faults import words_of

pages = Pages("services.registration")


def see(path: str) -> RedirectResponse:
    """Go on to a page after a form was carried out, so that loading it again repeats nothing."""
    return RedirectResponse(path, status_code=303)


def faults_of(error: ValidationError) -> dict[str, str]:
    """What is wrong with a form, in words, by field; the words are still to be translated."""
    return {str((item["loc"] or ("form",))[0]): words_of(item) for item in error.errors(include_input=False)}


def qr(address: str) -> Markup:
    """The address as a QR code, drawn in the page itself."""
    drawn = segno.make(address, error="m").svg_inline(scale=1, border=2, omitsize=True, svgclass=None, lineclass=None)
    return Markup(drawn)
