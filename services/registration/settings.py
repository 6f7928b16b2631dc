"""Registration's own settings."""

from __future__ import annotations

from shared.settings import Settings


class RegistrationSettings(Settings):
    """`street` is the nine-digit code of the subdistrict this deployment serves; forms offer it first."""

    street: str = "310101019"
