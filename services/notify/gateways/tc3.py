"""Tencent Cloud's signature TC3-HMAC-SHA256 (cloud.tencent.com/document/api/382/52072)."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime

ALGORITHM = "TC3-HMAC-SHA256"
CONTENT_TYPE = "application/json; charset=utf-8"
SIGNED = "content-type;host"


def authorization(*, host: str, body: bytes, at: datetime, secret_id: str, secret_key: str) -> str:
    """The Authorization header of a POST of `body` to `host`, whose first label is the service's name."""
    service, day = host.partition(".")[0], at.astimezone(UTC).strftime("%Y-%m-%d")
    scope = f"{day}/{service}/tc3_request"
    hashed = hashlib.sha256(body).hexdigest()
    request = f"POST\n/\n\ncontent-type:{CONTENT_TYPE}\nhost:{host}\n\n{SIGNED}\n{hashed}"
    said = f"{ALGORITHM}\n{int(at.timestamp())}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = f"TC3{secret_key}".encode()
    for part in (day, service, "tc3_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, said.encode(), hashlib.sha256).hexdigest()
    return f"{ALGORITHM} Credential={secret_id}/{scope}, SignedHeaders={SIGNED}, Signature={signature}"
