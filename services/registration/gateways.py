"""What is outside: the printing press (typst, with our own faces and no others), and the organisation's identity provider.

Whoever calls the provider holds no transaction.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import httpx2
import segno
import typst
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, ValidationError

from services.registration.domain.journeys import Journey
from services.registration.settings import RegistrationSettings
from shared.web.assets import FONTS

A = TypeVar("A", bound=BaseModel)

TIMEOUT = httpx2.Timeout(5, connect=2)
SIGNATURES = ["RS256", "PS256", "ES256", "EdDSA", "Ed25519"]
"""How an ID token may be signed: with a key of the provider's that nobody else has."""
DRIFT_SECONDS = 60
FACE = "LXGW WenKai"

_SHEET = Path(__file__).parent / "templates" / "certificate.typ"


class NoFaces(Exception):
    """The faces are not installed: `python -m shared.web.assets` puts them in place."""


def print_pdf(said: dict[str, Any], signed: str, *, address: str, code: str) -> bytes:
    """A certificate as a PDF that carries its signed text as an attached file; its QR leads to `address` with `code`."""
    if not any(FONTS.glob("*.ttf")):
        raise NoFaces(f"{FONTS} holds no faces: run `python -m shared.web.assets`")
    qr = segno.make(f"{address}?c={code}", error="m").svg_inline(scale=4, border=0)
    pdf: bytes = typst.compile(
        str(_SHEET),
        font_paths=[str(FONTS)],
        ignore_system_fonts=True,
        sys_inputs={
            "said": json.dumps(said, ensure_ascii=False),
            "signed": signed,
            "qr": qr,
            "address": address,
            "face": FACE,
        },
    )
    return pdf


class IdentityAway(Exception):
    """The provider did not answer, or not as providers do: the same again may work later."""


class IdentityRefused(Exception):
    """The provider did not let the person in, or what it said cannot be trusted."""


class _Discovery(BaseModel):
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: list[str] = ["client_secret_basic"]


class _Keys(BaseModel):
    keys: list[dict[str, Any]]


class _Token(BaseModel):
    id_token: str


class IdentityProvider:
    """The organisation's OpenID Connect provider: authorisation code with PKCE. Its keys are asked for at every log-in."""

    def __init__(self, settings: RegistrationSettings) -> None:
        self._settings = settings
        self._callback = f"{settings.public_url.rstrip('/')}/registration/login/oidc/callback"

    def address(self, journey: Journey) -> str:
        """Where the browser goes to log in. Raises `IdentityAway`."""
        wish = {
            "response_type": "code",
            "client_id": self._settings.oidc_client_id,
            "redirect_uri": self._callback,
            "scope": "openid profile email",
            "state": journey.state,
            "nonce": journey.nonce,
            "code_challenge": journey.challenge,
            "code_challenge_method": "S256",
        }
        with _provider() as client:
            endpoint = self._discover(client).authorization_endpoint
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(wish)}"

    def account(self, code: str, journey: Journey) -> str:
        """The name of the staff account that the provider let in. Raises `IdentityAway` or `IdentityRefused`."""
        with _provider() as client:
            known = self._discover(client)
            token = self._trade(client, known, code, journey)
            keys = _read(client.get(known.jwks_uri), _Keys)
        claims = self._claims(token, keys, known.issuer, journey.nonce)
        name = claims.get(self._settings.oidc_account_claim)
        if not isinstance(name, str) or not name:
            raise IdentityRefused(f"no claim {self._settings.oidc_account_claim}")
        if self._settings.oidc_account_claim == "email" and claims.get("email_verified") is not True:
            raise IdentityRefused("the address is not verified")
        return name

    def _discover(self, client: httpx2.Client) -> _Discovery:
        issuer = self._settings.oidc_issuer
        found = _read(client.get(f"{issuer.rstrip('/')}/.well-known/openid-configuration"), _Discovery)
        endpoints = (found.authorization_endpoint, found.token_endpoint, found.jwks_uri)
        scheme = issuer.partition(":")[0] + ":"
        if found.issuer != issuer or not all(endpoint.startswith(("https:", scheme)) for endpoint in endpoints):
            raise IdentityAway("its description is not that of the issuer")
        return found

    def _trade(self, client: httpx2.Client, known: _Discovery, code: str, journey: Journey) -> str:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._callback,
            "code_verifier": journey.verifier,
        }
        own, secret = self._settings.oidc_client_id, self._settings.oidc_secret()
        by = httpx2.Auth()
        if secret and "client_secret_basic" in known.token_endpoint_auth_methods_supported:
            by = httpx2.BasicAuth(quote(own, safe=""), quote(secret, safe=""))
        else:
            form |= {"client_id": own} | ({"client_secret": secret} if secret else {})
        answer = client.post(known.token_endpoint, data=form, auth=by)
        if 400 <= answer.status_code < 500:
            raise IdentityRefused(f"the code was answered with {answer.status_code}")
        return _read(answer, _Token).id_token

    def _claims(self, token: str, keys: _Keys, issuer: str, nonce: str) -> dict[str, Any]:
        """What the ID token says, if the provider signed it, for us, for this journey, just now."""
        own = self._settings.oidc_client_id
        wanted = jwt.JWTClaimsRegistry(
            leeway=DRIFT_SECONDS,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": own},
            nonce={"essential": True, "value": nonce},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
            azp={"value": own},
        )
        try:
            signing = [key for key in keys.keys if key.get("use", "sig") == "sig" and key.get("kty") in ("RSA", "EC", "OKP")]
            known = KeySet.import_key_set({"keys": signing})
            claims: dict[str, Any] = jwt.decode(token, known, algorithms=SIGNATURES).claims
            wanted.validate(claims)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise IdentityRefused(f"the ID token: {type(error).__name__}") from error
        return claims


@contextmanager
def _provider() -> Iterator[httpx2.Client]:
    """A line to the provider; whatever breaks it is one trouble."""
    try:
        with httpx2.Client(timeout=TIMEOUT) as client:
            yield client
    except httpx2.HTTPError as error:
        raise IdentityAway(type(error).__name__) from error


def _read(answer: httpx2.Response, kind: type[A]) -> A:
    if answer.status_code != 200:
        raise IdentityAway(f"answered with {answer.status_code}")
    try:
        return kind.model_validate_json(answer.content)
    except ValidationError as error:
        raise IdentityAway("answered with something else") from error
