"""The printing press: typst, with our own faces and no others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typst

from shared.web.assets import FONTS

FACE = "LXGW WenKai"
"""The one family the bulletin is set in, in two weights."""

_SHEET = Path(__file__).parent / "templates" / "bulletin.typ"


class NoFaces(Exception):
    """The faces are not installed: `python -m shared.web.assets` puts them in place."""


def print_pdf(content: dict[str, Any], chart: str) -> bytes:
    """The issue as a PDF of A3 pages; `chart` is an SVG."""
    if not any(FONTS.glob("*.ttf")):
        raise NoFaces(f"{FONTS} holds no faces: run `python -m shared.web.assets`")
    pdf: bytes = typst.compile(
        str(_SHEET),
        font_paths=[str(FONTS)],
        ignore_system_fonts=True,
        sys_inputs={"issue": json.dumps(content | {"chart_svg": chart}, ensure_ascii=False), "face": FACE},
    )
    return pdf
