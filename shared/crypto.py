"""Keys and what is done with them: sealing for one service, field encryption, keyed look-up hashes, signatures.

A key folder holds, per service, `<name>.sign` and `<name>.seal` (private, only where that service runs), `<name>.data` (the field
and look-up key) and the public halves `<name>.sign.pub`, `<name>.seal.pub` that everybody may have.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Iterable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class Unreadable(Exception):
    """A sealed or encrypted value was made for another key, belongs to another field, or was altered."""


def create_keys(folder: Path, services: Iterable[str]) -> None:
    """Make the keys that are missing in `folder`; existing ones are kept."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for service in services:
        if not (folder / f"{service}.sign").exists():
            sign, seal = Ed25519PrivateKey.generate(), X25519PrivateKey.generate()
            _write(folder / f"{service}.sign", sign.private_bytes_raw())
            _write(folder / f"{service}.sign.pub", sign.public_key().public_bytes_raw())
            _write(folder / f"{service}.seal", seal.private_bytes_raw())
            _write(folder / f"{service}.seal.pub", seal.public_key().public_bytes_raw())
            _write(folder / f"{service}.data", os.urandom(32))


class Keyring:
    """The keys that one service may use."""

    def __init__(self, folder: Path, service: str) -> None:
        self.folder, self.service = folder, service

    def seal(self, recipient: str, text: str) -> str:
        """Encrypt `text` so that only `recipient` can read it; an empty text stays empty."""
        if not text:
            return ""
        theirs = X25519PublicKey.from_public_bytes(self._read(f"{recipient}.seal.pub"))
        once = X25519PrivateKey.generate()
        mine = once.public_key().public_bytes_raw()
        nonce = os.urandom(12)
        sealed = AESGCMSIV(_derive(once.exchange(theirs), mine)).encrypt(nonce, text.encode(), recipient.encode())
        return f"sealed.{recipient}.{_text(mine + nonce + sealed)}"

    def unseal(self, sealed: str) -> str:
        """Read a value sealed for this service; empty (erased) stays empty. Raises `Unreadable`."""
        if not sealed:
            return ""
        try:
            _, recipient, packed = sealed.split(".")
            raw = _bytes(packed)
            shared = X25519PrivateKey.from_private_bytes(self._read(f"{self.service}.seal")).exchange(
                X25519PublicKey.from_public_bytes(raw[:32])
            )
            return AESGCMSIV(_derive(shared, raw[:32])).decrypt(raw[32:44], raw[44:], recipient.encode()).decode()
        except Exception:
            raise Unreadable("this value was not sealed for this service, or was altered") from None

    def encrypt(self, text: str, field: str) -> str:
        """Encrypt a value kept in this service's tables; `field` (`table.column`) is bound to it."""
        nonce = os.urandom(12)
        return _text(nonce + AESGCMSIV(self._purpose("field")).encrypt(nonce, text.encode(), field.encode()))

    def decrypt(self, kept: str, field: str) -> str:
        """Read a value made by `encrypt` for the same field. Raises `Unreadable`."""
        try:
            raw = _bytes(kept)
            return AESGCMSIV(self._purpose("field")).decrypt(raw[:12], raw[12:], field.encode()).decode()
        except Exception:
            raise Unreadable("this value belongs to another field or key, or was altered") from None

    def fingerprint(self, text: str, field: str) -> str:
        """A keyed hash of `text`, equal for equal values of one field: what look-ups of encrypted values compare."""
        return hmac.new(self._purpose(f"fingerprint:{field}"), text.encode(), hashlib.sha256).hexdigest()

    def signing_key(self) -> bytes:
        """This service's raw Ed25519 private key."""
        return self._read(f"{self.service}.sign")

    def verify_key(self, service: str) -> bytes:
        """The raw Ed25519 public key of `service`; raises `Unreadable` when it is unknown here."""
        return self._read(f"{service}.sign.pub")

    def _purpose(self, purpose: str) -> bytes:
        return hmac.new(self._read(f"{self.service}.data"), purpose.encode(), hashlib.sha256).digest()

    def _read(self, name: str) -> bytes:
        kept = _kept.get((self.folder, name))
        if kept is None:
            try:
                kept = (self.folder / name).read_bytes()
            except FileNotFoundError:
                raise Unreadable(f"no key {name} in the key folder") from None
            _kept[(self.folder, name)] = kept
        return kept


_kept: dict[tuple[Path, str], bytes] = {}


def _derive(shared: bytes, once: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=once, info=b"jiamenkou sealed v1").derive(shared)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _write(path: Path, raw: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(raw)
