"""The printing press: typst, with our own faces and no others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import segno
import typst

from shared.web.assets import FONTS

FACE = "LXGW WenKai"

_SHEET = Path(__file__).parent / "templates" / "certificate.typ"


class NoFaces(Exception):
    """The faces are not installed: `python -m shared.web.assets` puts them in place."""


def print_pdf(said: dict[str, Any], signed: str, *, address: str, code: str) -> bytes:
    """A certificate as a PDF that carries its signed text as an attached file; its QR leads to `address` with `code`."""
    if not any(FONTS.glob("*.ttf")):
        raise NoFaces(f"{FONTS} holds no faces: run `python -m shared.web.assets`")
    qr = segno.make(f"{address}?c={code}", error="m").svg_inline(scale=4, border=0)
    pdf: bytes = typst.compile(
        str(_SHEET),
        font_paths=[str(FONTS)],
        ignore_system_fonts=True,
        sys_inputs={
            "said": json.dumps(said, ensure_ascii=False),
            "signed": signed,
            "qr": qr,
            "address": address,
            "face": FACE,
        },
    )
    return pdf
