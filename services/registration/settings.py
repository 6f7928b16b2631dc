"""Registration's own settings."""

from __future__ import annotations

from datetime import date

from shared.settings import Settings


class RegistrationSettings(Settings):
    """`street` is the nine-digit code of the subdistrict this deployment serves; forms offer it first.

    `second_factor_since`: from which day on staff need a second factor. Unset, production always needs it and a demo never.
    """

    street: str = "310101019"
    second_factor_since: date | None = None

    def needs_second_factor(self, today: date) -> bool:
        """Whether staff need a second factor on this day."""
        if self.second_factor_since is None:
            return self.profile == "production"
        return today >= self.second_factor_since
