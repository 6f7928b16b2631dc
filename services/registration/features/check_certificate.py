"""Check a certificate: by its number, by its file, or by the signed text it carries."""

from __future__ import annotations

import base64
import hmac
import json
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlmodel import col, select

from services.registration.domain import certificates
from services.registration.domain.certificates import Standing
from services.registration.domain.people import masked_name
from services.registration.tables import Certificate
from shared.unit import Unit
from shared.web import phrase

NO_SUCH = phrase("没有这个编号的证书，请对照证书再看一遍。")


@dataclass(frozen=True, slots=True)
class Inspected:
    """What an inspection came to. `said` is what the certificate on our books says, its holder's name masked unless `named`."""

    standing: Standing
    number: str = ""
    said: dict[str, Any] | None = None
    named: bool = False


def check_number(typed: str, code: str, unit: Unit) -> Inspected:
    """The certificate with this number; the code of its QR shows the holder's whole name."""
    number = certificates.read_number(typed)
    found = unit.find(Certificate, number) if number else None
    if found is None:
        return Inspected("unknown", number or "")
    return _inspected(found, unit, named=hmac.compare_digest(code.encode(), code_of(found.number, unit).encode()))


def check_file(raw: bytes, unit: Unit) -> Inspected:
    """The certificate whose file this is, byte for byte; a file with a changed byte is nobody's."""
    found = unit.session.exec(select(Certificate).where(col(Certificate.pdf_sha256) == certificates.digest(raw))).one_or_none()
    return Inspected("altered") if found is None else _inspected(found, unit, named=True)


def check_text(signed: str, unit: Unit) -> Inspected:
    """The certificate that this signed text belongs to; a changed character breaks the signature."""
    try:
        given = json.loads(signed)
        content, signature = given["content"], given["signature"]
        number = content["number"]
    except (ValueError, TypeError, KeyError):
        return Inspected("altered")
    if signed.strip() != certificates.canonical(given) or not isinstance(signature, str):
        return Inspected("altered")
    if not is_genuine(certificates.canonical(content), signature, unit):
        return Inspected("altered")
    found = unit.find(Certificate, number)
    return Inspected("unknown", number) if found is None else _inspected(found, unit, named=True)


def is_genuine(content: str, signature: str, unit: Unit) -> bool:
    """Whether registration signed these words."""
    try:
        raw = base64.b64decode(signature, altchars=b"-_", validate=True)
        Ed25519PublicKey.from_public_bytes(unit.keys.verify_key("registration")).verify(raw, content.encode())
    except (InvalidSignature, ValueError):
        return False
    return base64.urlsafe_b64encode(raw).decode() == signature


def code_of(number: str, unit: Unit) -> str:
    """What the QR of a certificate adds to its address: only who holds the certificate knows it."""
    return unit.keys.fingerprint(number, "certificate.code")[:20]


def said_by(certificate: Certificate, unit: Unit) -> dict[str, Any]:
    """What a certificate says."""
    said: dict[str, Any] = json.loads(unit.keys.decrypt(certificate.content, "certificate.content"))
    return said


def signed_text(certificate: Certificate, unit: Unit) -> str:
    """What a certificate says with our signature under it, as its file carries it and anybody can check it."""
    return certificates.canonical({"content": said_by(certificate, unit), "signature": certificate.signature})


def _inspected(certificate: Certificate, unit: Unit, *, named: bool) -> Inspected:
    said = said_by(certificate, unit)
    if not is_genuine(certificates.canonical(said), certificate.signature, unit):
        return Inspected("altered", certificate.number)
    said["name"] = said["name"] if named else masked_name(said["name"])
    standing: Standing = "valid" if certificate.revoked_at is None else "revoked"
    return Inspected(standing, certificate.number, said, named)
