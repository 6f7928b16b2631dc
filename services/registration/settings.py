"""Registration's own settings."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import SecretStr, model_validator

from shared.settings import Settings


class RegistrationSettings(Settings):
    """`street` is the nine-digit code of the subdistrict this deployment serves; forms offer it first.

    `second_factor_since`: from which day on staff need a second factor. Unset, production always needs it and a demo never.

    `oidc_issuer`: the OpenID Connect provider of the organisation, where staff may log in too; unset, only with passwords. It
    needs `oidc_client_id` and, unless the client is a public one, `oidc_client_secret` or a file that holds it. Register as
    redirect URI `<public_url>/registration/login/oidc/callback`. `oidc_account_claim` is the claim of the ID token that says the
    name of the staff account: one that only the provider's administrators can set. `oidc_second_factor`: the provider itself lets
    nobody in without a second factor, so who comes from there gives none here; otherwise they do, as after a password.
    """

    street: str = "310101019"
    second_factor_since: date | None = None
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    oidc_client_secret_file: Path | None = None
    oidc_account_claim: str = "preferred_username"
    oidc_second_factor: bool = False

    @model_validator(mode="after")
    def _oidc_is_whole(self) -> Self:
        issuer = urlsplit(self.oidc_issuer)
        if self.oidc_issuer and not self.oidc_client_id:
            raise ValueError("JIAMENKOU_OIDC_ISSUER needs JIAMENKOU_OIDC_CLIENT_ID")
        if self.oidc_issuer and issuer.scheme != "https" and issuer.hostname not in ("127.0.0.1", "localhost"):
            raise ValueError("JIAMENKOU_OIDC_ISSUER has to begin with https://")
        return self

    def oidc_secret(self) -> str:
        """The client secret, from the file if there is one; empty for a public client."""
        if self.oidc_client_secret_file is not None:
            return self.oidc_client_secret_file.read_text(encoding="utf-8").strip()
        return self.oidc_client_secret.get_secret_value()

    def needs_second_factor(self, today: date) -> bool:
        """Whether staff need a second factor on this day."""
        if self.second_factor_since is None:
            return self.profile == "production"
        return today >= self.second_factor_since
