"""Notify's own settings: the carriers in use, their secrets, and the one they call back with."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from pydantic import AliasChoices, Field, SecretStr, field_validator

from services.notify.domain.keeping import Keeping
from shared.settings import Settings

NO_SECRET = SecretStr("")


class NotifySettings(Settings):
    """`carriers` names those in use with their share of the texts, as in `aliyun=70 tencent=30`; README.md in gateways says how.

    `carrier_token` is what the carrier must send with receipts and replies; without one they are refused, except in a demo.
    """

    carriers: str = "simulated"
    carrier_url: str = "http://127.0.0.1:8199"
    carrier_token: SecretStr = NO_SECRET
    aliyun_key_id: str = ""
    aliyun_key_secret: SecretStr = NO_SECRET
    aliyun_url: str = "https://dysmsapi.aliyuncs.com"
    tencent_secret_id: str = ""
    tencent_secret_key: SecretStr = NO_SECRET
    tencent_app_id: str = ""
    tencent_url: str = "https://sms.tencentcloudapi.com"
    kannel_url: str = "http://127.0.0.1:13013"
    kannel_password: SecretStr = NO_SECRET
    price_per_part: Decimal = Decimal("0.045")
    helpline: str = Field(default="12345", validation_alias=AliasChoices("JIAMENKOU_HELPLINE"))
    keep_codes_days: int = Field(default=1, ge=1)
    keep_words_days: int = Field(default=90, ge=1)
    keep_numbers_days: int = Field(default=3, ge=2)
    keep_receipts_days: int = Field(default=7, ge=4)
    keep_proof_days: int = Field(default=180, ge=150)

    @property
    def keeping(self) -> Keeping:
        """How long things are kept. Limits on texts look back a day or two, and carriers report up to three days late."""
        return Keeping(
            codes=timedelta(days=self.keep_codes_days),
            words=timedelta(days=self.keep_words_days),
            numbers=timedelta(days=self.keep_numbers_days),
            receipts=timedelta(days=self.keep_receipts_days),
            proof=timedelta(days=self.keep_proof_days),
        )

    @field_validator("carriers")
    @classmethod
    def _readable(cls, carriers: str) -> str:
        entries = carriers.split()
        names = [entry.partition("=")[0] for entry in entries]
        shares = [entry.partition("=")[2] or "100" for entry in entries]
        if not names or len(set(names)) < len(names) or not all(share.isdecimal() for share in shares):
            raise ValueError("JIAMENKOU_CARRIERS names carriers and their shares, each once, as in: aliyun=70 tencent=30")
        return carriers

    @property
    def weights(self) -> dict[str, int]:
        """Each carrier's share, relative to the others'; one that names none has 100."""
        named = (entry.partition("=") for entry in self.carriers.split())
        return {name: int(weight or 100) for name, _, weight in named}

    @property
    def callback_token(self) -> str:
        """The token in force; the simulated carrier of a demo knows `demo`."""
        return self.carrier_token.get_secret_value() or ("demo" if self.profile == "demo" else "")
