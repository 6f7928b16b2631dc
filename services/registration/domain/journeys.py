"""The way to the organisation's own log-in and back: what is remembered meanwhile, so that only who left can return."""

from __future__ import annotations

import hmac
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

LONGEST = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Journey:
    """`state` comes back in the address, `nonce` in the ID token; `verifier` proves that the code is ours to use (PKCE)."""

    state: str
    nonce: str
    verifier: str
    path: str
    until: datetime

    @property
    def challenge(self) -> str:
        """What is told of the verifier before it is shown (S256)."""
        return urlsafe_b64encode(sha256(self.verifier.encode()).digest()).decode().rstrip("=")

    def ends_with(self, state: str, now: datetime) -> bool:
        """Whether somebody who brings this `state` is who set out, in time."""
        return hmac.compare_digest(self.state.encode(), state.encode()) and now < self.until


def new_journey(path: str, now: datetime) -> Journey:
    """Set out; afterwards go on to `path`."""
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    return Journey(state, nonce, verifier, path, now + LONGEST)
