"""How an appliance shows that a request is its own.

`Authorization: Device <station> <sent> <signature>`: the station's code, the sending time in Unix seconds, and in hexadecimal the
HMAC-SHA256, keyed with the station's key, of the sending time, a line feed and the body. Good for five minutes around `sent`;
a request repeated within them does no harm, since every visit and reading carries an id of its own.

Keys are kept nowhere: each is derived from the service's own key, the station's code and a number, and a new number makes the old
key useless. An appliance is given its key once, by `python -m services.stations.keys`.
"""

from __future__ import annotations

import hashlib
import hmac
import time

from shared.crypto import Keyring
from shared.errors import NotLoggedIn

SECONDS = 300


class UnknownDevice(NotLoggedIn):
    """The request is not signed by an appliance of an open station, or was signed too long ago."""

    code = "unknown_device"
    title = "The appliance is not known"


def device_key(keys: Keyring, station: str, number: int) -> str:
    """The `number`th key of a station's appliance."""
    return keys.fingerprint(f"{station}:{number}", "station.key")


def authorization(station: str, key: str, body: bytes, sent: int) -> str:
    """The header with which the appliance of `station` sends `body`."""
    return f"Device {station} {sent} {_signature(key, str(sent), body)}"


def claimed_station(header: str | None) -> str:
    """The station that a header speaks for, unproven; raises `UnknownDevice`."""
    return _parts(header)[0]


def check(header: str | None, body: bytes, keys: tuple[str, ...]) -> None:
    """Raise `UnknownDevice` unless the header was made for `body`, just now, with one of `keys`."""
    _, sent, signature = _parts(header)
    if not (sent.isascii() and sent.isdigit()) or len(sent) > 12 or abs(time.time() - int(sent)) > SECONDS:
        raise UnknownDevice("签名的时间与现在相差超过五分钟：请校准设备时钟后重发。")
    if not any(hmac.compare_digest(_signature(key, sent, body), signature) for key in keys):
        raise UnknownDevice("签名不符：请核对驿站编号和设备密钥。")


def _parts(header: str | None) -> tuple[str, str, str]:
    match (header or "").encode("ascii", "replace").decode().split(" "):
        case ["Device", station, sent, signature]:
            return station, sent, signature
    raise UnknownDevice("缺少设备签名：Authorization: Device <驿站编号> <发送时间> <签名>。")


def _signature(key: str, sent: str, body: bytes) -> str:
    return hmac.new(key.encode(), b"%s\n%s" % (sent.encode(), body), hashlib.sha256).hexdigest()
