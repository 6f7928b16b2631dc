"""The carriers that the settings name, ready to be used."""

from __future__ import annotations

from collections.abc import Callable

from services.notify.gateways import SmsGateway
from services.notify.gateways.aliyun import Aliyun
from services.notify.gateways.kannel import Kannel, callbacks
from services.notify.gateways.simulated import SimulatedCarrier
from services.notify.gateways.tencent import Tencent
from services.notify.settings import NotifySettings


class Misconfigured(Exception):
    """The settings name a carrier and leave out what it needs; the sentence says what, and holds no secret."""


NEEDS: dict[str, tuple[str, ...]] = {
    "simulated": (),
    "second": (),
    "unqueryable": (),
    "kannel": ("kannel_password", "carrier_token"),
    "aliyun": ("aliyun_key_id", "aliyun_key_secret", "carrier_token"),
    "tencent": ("tencent_secret_id", "tencent_secret_key", "tencent_app_id", "carrier_token"),
}
"""What each carrier cannot do without. `second` and `unqueryable` are played by the simulated carrier's program too."""


def chosen(settings: NotifySettings) -> dict[str, SmsGateway]:
    """Each carrier under its name. Raises `Misconfigured`."""
    return {name: _carrier(name, settings) for name in settings.weights}


def _carrier(name: str, settings: NotifySettings) -> SmsGateway:
    if name not in NEEDS:
        raise Misconfigured(f"JIAMENKOU_CARRIERS names {name}; there are: {', '.join(NEEDS)}.")
    missing = [f"JIAMENKOU_{field.upper()}" for field in NEEDS[name] if not _is_set(settings, field)]
    if missing:
        raise Misconfigured(f"JIAMENKOU_CARRIERS names {name}, which needs {' and '.join(missing)} as well.")
    return _MAKE[name](settings)


def _is_set(settings: NotifySettings, field: str) -> bool:
    return bool(settings.callback_token if field == "carrier_token" else str(getattr(settings, field)))


def _kannel(settings: NotifySettings) -> SmsGateway:
    where = callbacks(settings.public_url, settings.callback_token)
    return Kannel(settings.kannel_url, settings.kannel_password.get_secret_value(), where)


def _aliyun(settings: NotifySettings) -> SmsGateway:
    return Aliyun(settings.aliyun_key_id, settings.aliyun_key_secret.get_secret_value(), url=settings.aliyun_url)


def _tencent(settings: NotifySettings) -> SmsGateway:
    key = settings.tencent_secret_key.get_secret_value()
    return Tencent(settings.tencent_secret_id, key, settings.tencent_app_id, url=settings.tencent_url)


_MAKE: dict[str, Callable[[NotifySettings], SmsGateway]] = {
    "simulated": lambda settings: SimulatedCarrier(settings.carrier_url),
    "second": lambda settings: SimulatedCarrier(f"{settings.carrier_url}/second", name="second"),
    "unqueryable": lambda settings: SimulatedCarrier(f"{settings.carrier_url}/unqueryable", name="unqueryable", asks=False),
    "kannel": _kannel,
    "aliyun": _aliyun,
    "tencent": _tencent,
}
