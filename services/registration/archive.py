"""A copy of somebody's records as a file to keep: JSON for machines, one page for people."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from starlette.requests import Request
from starlette.responses import Response

from shared.web import Pages

pages = Pages("services.registration")


def as_zip(contents: dict[str, Any], request: Request) -> Response:
    """What each service told, in a file of its own, with an index that can be read without any program."""
    index = bytes(pages.render(request, "export.html", services=contents, principal=None).body)
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        archive.writestr("index.html", index)
        for source, told in contents.items():
            name = source.strip("/").replace("/", "-")
            archive.writestr(f"{name}.json", json.dumps(told, ensure_ascii=False, indent=2))
    headers = {"content-disposition": 'attachment; filename="jiamenkou.zip"', "cache-control": "no-store"}
    return Response(packed.getvalue(), media_type="application/zip", headers=headers)
