"""Print a certificate's file: between two short transactions, never inside one."""

from __future__ import annotations

import base64

from services.registration.domain.certificates import digest
from services.registration.features.check_certificate import code_of, said_by, signed_text
from services.registration.gateways import print_pdf
from services.registration.tables import Certificate
from shared.jobs import Begin


def print_certificate(number: str, begin: Begin, public_url: str) -> None:
    """Set it, and keep the file encrypted with its digest; a file that is kept already stays the one."""
    with begin() as unit:
        certificate = unit.get(Certificate, number)
        if certificate.pdf:
            return
        said, signed = said_by(certificate, unit), signed_text(certificate, unit)
        address = f"{public_url}/registration/certificates/{number}"
        code = code_of(number, unit)
    pdf = print_pdf(said, signed, address=address, code=code)
    with begin() as unit:
        certificate = unit.lock(Certificate, number)
        if not certificate.pdf:
            certificate.pdf = unit.keys.encrypt(base64.b64encode(pdf).decode(), "certificate.pdf")
            certificate.pdf_sha256 = digest(pdf)
