"""Notify's own settings: where the carrier is, and the secret it calls back with."""

from __future__ import annotations

from decimal import Decimal

from pydantic import AliasChoices, Field, SecretStr

from shared.settings import Settings


class NotifySettings(Settings):
    """`carriers` names those in use with their share of the texts, as in `aliyun=70 tencent=30`.

    `carrier_token` is what the carrier must send with receipts and replies; without one they are refused, except in a demo."""

    carriers: str = "simulated"
    carrier_url: str = "http://127.0.0.1:8199"
    carrier_token: SecretStr = SecretStr("")
    price_per_part: Decimal = Decimal("0.045")
    helpline: str = Field(default="12345", validation_alias=AliasChoices("JIAMENKOU_HELPLINE"))

    @property
    def weights(self) -> dict[str, int]:
        """Each carrier's share, relative to the others'; one that names none has 100."""
        named = (entry.partition("=") for entry in self.carriers.split())
        return {name: int(weight or 100) for name, _, weight in named}

    @property
    def callback_token(self) -> str:
        """The token in force; the simulated carrier of a demo knows `demo`."""
        return self.carrier_token.get_secret_value() or ("demo" if self.profile == "demo" else "")
