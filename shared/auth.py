"""Who is asking: a signed session cookie for people, short-lived tokens between services.

Registration signs sessions; every service verifies them with registration's public key. Roles and limits decide, per endpoint
and per streamed event. A session names the log-in that it belongs to, so that it can be ended before its time (`shared.log_ins`).
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.crypto import Keyring, Unreadable
from shared.errors import Forbidden, NotLoggedIn
from shared.event import new_id

COOKIE = "jiamenkou_session"
STAFF = ("clerk", "nurse", "editor", "operator")
LIMITS = ("street", "programme", "station", "neighbourhood")
"""Kinds of places that a member of staff can be limited to."""
SESSION_SECONDS = 12 * 3600
RESIDENT_SECONDS = 30 * 24 * 3600
"""How long a log-in lasts: a working day for staff, a month for residents, who would have to ask for a code by text again."""
TOKEN_SECONDS = 60

_REMEMBERED = 2_048
"""How many good signatures a process remembers: weighing one takes a quarter of a millisecond, and people ask several times."""


class Principal(BaseModel):
    """Somebody who logged in. `roles`: `resident`, or of `clerk`, `nurse`, `editor`, `operator`; `name` is for greeting only.

    `limits` hold, by the kinds in `LIMITS`, where a member of staff may act; without any, everywhere.
    """

    model_config = ConfigDict(frozen=True)

    id: UUID
    kind: str
    name: str
    roles: frozenset[str]
    limits: dict[str, frozenset[str]] = {}
    log_in: UUID = Field(default_factory=new_id)

    @property
    def seconds(self) -> int:
        """How long a log-in of this person lasts."""
        return RESIDENT_SECONDS if self.kind == "resident" else SESSION_SECONDS

    def sees(self, where: Mapping[str, str]) -> bool:
        """Whether something of this street, programme, station or neighbourhood is inside the limits: one of them is enough."""
        return not self.limits or any(where.get(kind) in allowed for kind, allowed in self.limits.items())

    def may(self, *roles: str) -> bool:
        """Whether any of `roles` is held."""
        return not self.roles.isdisjoint(roles)


def sign_session(keys: Keyring, principal: Principal) -> str:
    """The cookie value of a session that starts now (registration only)."""
    claims = {
        "sub": str(principal.id),
        "kind": principal.kind,
        "name": principal.name,
        "roles": sorted(principal.roles),
        "limits": {kind: sorted(allowed) for kind, allowed in principal.limits.items()},
        "log_in": str(principal.log_in),
        "aud": "people",
    }
    return _encode(keys, claims, principal.seconds)


def read_session(keys: Keyring, cookie: str | None) -> Principal | None:
    """Who the cookie speaks for; None when there is none, or it is expired or forged."""
    claims = _decode(keys, cookie, signer="registration", audience="people") if cookie else None
    if claims is None:
        return None
    try:
        return Principal(id=claims["sub"], **{name: claims[name] for name in ("kind", "name", "roles", "limits", "log_in")})
    except (KeyError, ValidationError):
        return None


def require(principal: Principal | None, *roles: str, where: Mapping[str, str] | None = None) -> Principal:
    """The principal, if it holds one of `roles` and, given `where` the thing is, may act there.

    Raises `NotLoggedIn` or `Forbidden`.
    """
    if principal is None:
        raise NotLoggedIn("请先登录。")
    if not principal.may(*roles):
        raise Forbidden("您的账号不能做这件事，请联系街道管理员。")
    if where is not None and not principal.sees(where):
        raise Forbidden("这不在您负责的街道、项目或驿站范围里，请联系街道管理员。")
    return principal


def service_token(keys: Keyring, audience: str) -> str:
    """A bearer token with which this service calls `audience` (a service's name) within the next minute."""
    return _encode(keys, {"iss": keys.service, "aud": audience}, TOKEN_SECONDS)


def calling_service(keys: Keyring, authorization: str | None) -> str:
    """The name of the service that sent this Authorization header to us; raises `NotLoggedIn`."""
    token = (authorization or "").removeprefix("Bearer ")
    try:
        issuer = _claimed_issuer(token)
        if issuer is not None and _decode(keys, token, signer=issuer, audience=keys.service) is not None:
            return issuer
    except Unreadable:
        pass
    raise NotLoggedIn("This endpoint is for the other services: send their token.")


def _claimed_issuer(token: str) -> str | None:
    """The issuer a token claims, unverified: it only selects the key to verify with."""
    try:
        body = token.split(".")[1]
        issuer = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))).get("iss")
    except (IndexError, ValueError, AttributeError):
        return None
    return issuer if isinstance(issuer, str) and issuer.isidentifier() else None


def _encode(keys: Keyring, claims: dict[str, Any], seconds: int) -> str:
    now = int(time.time())
    return jwt.encode({"alg": "Ed25519"}, claims | {"iat": now, "exp": now + seconds}, _private(keys), algorithms=["Ed25519"])


def _decode(keys: Keyring, token: str, *, signer: str, audience: str) -> Mapping[str, Any] | None:
    try:
        claims = _signed(keys.verify_key(signer), token)
    except (JoseError, ValueError):
        return None
    return claims if claims.get("aud") == audience and int(claims.get("exp", 0)) > time.time() else None


@lru_cache(_REMEMBERED)
def _signed(key: bytes, token: str) -> Mapping[str, Any]:
    """What `key` signed, whether or not it is still in force; a signature once found good is not weighed again."""
    return MappingProxyType(jwt.decode(token, _public(key), algorithms=["Ed25519"]).claims)


def _private(keys: Keyring) -> OKPKey:
    pem = Ed25519PrivateKey.from_private_bytes(keys.signing_key()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    return OKPKey.import_key(pem)


def _public(key: bytes) -> OKPKey:
    pem = Ed25519PublicKey.from_public_bytes(key).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return OKPKey.import_key(pem)
