"""A simulated OpenID Connect provider: `PORT=8198 python -m infra.simulators.identity`.

It knows one client and lets one person in.

    GET    /.well-known/openid-configuration, /authorize, /keys and POST /token, as the standard says (RS256, PKCE with S256)
    PUT    /person    {"preferred_username": "clerk"}: who sits at the browser, as the ID token will say
    POST   /rotation  sign with a new key from now on, and forget the old one
    POST   /faults    {"expired": {"next": 1}}; GET those in force, DELETE heals all

Faults: down (503 to everything), denied (the person does not agree), wrong_nonce, expired (ID tokens of an hour ago), forged
(signed with a key that is nobody's), unsigned (alg none), foreign (for another client), other_issuer.
The client is JIAMENKOU_OIDC_CLIENT_ID (`jiamenkou`) with JIAMENKOU_OIDC_CLIENT_SECRET (`demo`); empty, it is a public client,
which proves with PKCE alone that the code is its own.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import time
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from infra.simulators.desk import fault_routes
from infra.simulators.faults import Faults

FAULTS = ("down", "denied", "wrong_nonce", "expired", "forged", "unsigned", "foreign", "other_issuer")
LIFE_SECONDS = 300


class Provider:
    """The provider's side of HTTP."""

    def __init__(self, issuer: str, client_id: str, client_secret: str) -> None:
        self.issuer, self.client_id, self.client_secret = issuer, client_id, client_secret
        self.faults = Faults(FAULTS)
        self.person: dict[str, Any] = {"preferred_username": "clerk"}
        self._key = _new_key()
        self._codes: dict[str, dict[str, str]] = {}

    def app(self) -> Starlette:
        """The application."""
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self.describe),
                Route("/authorize", self.authorize),
                Route("/token", self.trade, methods=["POST"]),
                Route("/keys", self.list_keys),
                Route("/person", self.seat, methods=["PUT"]),
                Route("/rotation", self.rotate, methods=["POST"]),
                *fault_routes(self.faults),
            ]
        )

    def describe(self, _: Request) -> Response:
        """Where everything is."""
        self._fall_down()
        return JSONResponse(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic" if self.client_secret else "none"],
            }
        )

    def authorize(self, request: Request) -> Response:
        """Send the browser back with a code, as if the person had just logged in."""
        self._fall_down()
        asked = dict(request.query_params)
        if asked.get("client_id") != self.client_id or asked.get("code_challenge_method") != "S256":
            return JSONResponse({"error": "invalid_request"}, status_code=400)
        if self.faults.strikes("denied"):
            answer = {"error": "access_denied", "state": asked["state"]}
        else:
            code = secrets.token_urlsafe(24)
            self._codes[code] = asked
            answer = {"code": code, "state": asked["state"]}
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(answer)}", status_code=302)

    async def trade(self, request: Request) -> Response:
        """An ID token for a code, once, to the client that proves that it asked for it."""
        self._fall_down()
        form = dict(parse_qsl((await request.body()).decode()))
        if not self._is_client(form.get("client_id"), request.headers.get("authorization")):
            return JSONResponse({"error": "invalid_client"}, status_code=401)
        asked = self._codes.pop(form.get("code", ""), None)
        shown = sha256(form.get("code_verifier", "").encode()).digest()
        if (
            asked is None
            or form.get("redirect_uri") != asked["redirect_uri"]
            or base64.urlsafe_b64encode(shown).decode().rstrip("=") != asked["code_challenge"]
        ):
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        return JSONResponse({"token_type": "Bearer", "access_token": secrets.token_urlsafe(), "id_token": self._say(asked)})

    def list_keys(self, _: Request) -> Response:
        """The key that signs now."""
        self._fall_down()
        return JSONResponse({"keys": [self._key.as_dict(private=False, use="sig", alg="RS256")]})

    async def seat(self, request: Request) -> Response:
        """Put somebody else at the browser."""
        self.person = json.loads(await request.body())
        return JSONResponse(self.person)

    def rotate(self, _: Request) -> Response:
        """Sign with a new key."""
        self._key = _new_key()
        return JSONResponse({"kid": self._key.kid})

    def _is_client(self, named: str | None, authorization: str | None) -> bool:
        """Whether the client proves itself with its secret or, without one, names itself and shows none."""
        if not self.client_secret:
            return authorization is None and named == self.client_id
        return authorization == f"Basic {_as_basic(self.client_id, self.client_secret)}"

    def _say(self, asked: dict[str, str]) -> str:
        """The ID token, wrong in whatever way a fault wants."""
        strikes = self.faults.strikes
        now = int(time.time()) - (3600 if strikes("expired") else 0)
        claims = {
            "iss": "https://elsewhere.example" if strikes("other_issuer") else self.issuer,
            "aud": "somebody-else" if strikes("foreign") else self.client_id,
            "sub": "248289761001",
            "nonce": "another" if strikes("wrong_nonce") else asked["nonce"],
            "iat": now,
            "exp": now + LIFE_SECONDS,
            **self.person,
        }
        if strikes("unsigned"):
            return ".".join(_part(each) for each in ({"alg": "none", "kid": self._key.kid}, claims)) + "."
        key = _new_key() if strikes("forged") else self._key
        return jwt.encode({"alg": "RS256", "kid": self._key.kid}, claims, key, algorithms=["RS256"])

    def _fall_down(self) -> None:
        if self.faults.strikes("down"):
            raise HTTPException(503)


def _new_key() -> RSAKey:
    return RSAKey.generate_key(2048, auto_kid=True)


def _as_basic(name: str, secret: str) -> str:
    return base64.b64encode(f"{name}:{secret}".encode()).decode()


def _part(said: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")


def main() -> None:
    """Serve the provider on $PORT."""
    port = int(os.environ["PORT"])
    client = os.environ.get("JIAMENKOU_OIDC_CLIENT_ID", "jiamenkou"), os.environ.get("JIAMENKOU_OIDC_CLIENT_SECRET", "demo")
    provider = Provider(f"http://127.0.0.1:{port}", *client)
    uvicorn.run(provider.app(), host="127.0.0.1", port=port, access_log=False, log_level="warning", timeout_graceful_shutdown=1)


if __name__ == "__main__":
    main()
