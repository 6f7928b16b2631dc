"""Alibaba Cloud's signature ACS3-HMAC-SHA256 (help.aliyun.com/document_detail/2593177.html)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote

ALGORITHM = "ACS3-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Call:
    """One call of an interface: its name and version, its parameters (they travel in the address), and a number used once."""

    host: str
    action: str
    version: str
    at: datetime
    nonce: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def address(self) -> str:
        """The parameters as they are signed and as they must travel."""
        return "&".join(f"{_encoded(name)}={_encoded(value)}" for name, value in sorted(self.query.items()))

    def headers(self, key_id: str, secret: str) -> dict[str, str]:
        """The headers that make the call that of the key's owner."""
        headers = self._signed()
        names = ";".join(headers)
        signature = hmac.new(secret.encode(), f"{ALGORITHM}\n{self.fingerprint()}".encode(), hashlib.sha256).hexdigest()
        return headers | {"Authorization": f"{ALGORITHM} Credential={key_id},SignedHeaders={names},Signature={signature}"}

    def fingerprint(self) -> str:
        """The hash of everything that is signed."""
        headers = self._signed()
        lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
        said = "\n".join(["POST", "/", self.address, lines, ";".join(headers), headers["x-acs-content-sha256"]])
        return hashlib.sha256(said.encode()).hexdigest()

    def _signed(self) -> dict[str, str]:
        """The signed headers, in the order of their names."""
        return {
            "host": self.host,
            "x-acs-action": self.action,
            "x-acs-content-sha256": hashlib.sha256(self.body).hexdigest(),
            "x-acs-date": self.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "x-acs-signature-nonce": self.nonce,
            "x-acs-version": self.version,
        }


def _encoded(text: str) -> str:
    return quote(text, safe="-_.~")
