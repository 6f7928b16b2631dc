"""What was typed into the staff's forms."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Form, Request

from services.registration.settings import RegistrationSettings
from shared.http import service_of


async def typed(request: Request) -> dict[str, str]:
    """What was typed into a form, field by field."""
    return {name: value.strip() for name, value in (await request.form()).items() if isinstance(value, str)}


Typed = Annotated[str, Form(max_length=2000)]

TypedForm = Annotated[dict[str, str], Depends(typed)]


def street_of(request: Request) -> str:
    """The code of the subdistrict this deployment serves."""
    settings: Any = service_of(request).settings
    assert isinstance(settings, RegistrationSettings)
    return settings.street
