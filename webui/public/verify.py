"""Pages for everybody, without signing in: the check whether a certificate is genuine."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from engine.base import terms
from engine.hall.ports import Certificate
from webui.house import house
from webui.security import limiter

pages = Blueprint("public", __name__, template_folder="templates")


@pages.get("/verify")
@pages.get("/verify/<code>")
@limiter.limit("60 per minute")
def verify(code: str = "") -> ResponseReturnValue:
    """Show the certificate of a code. The QR code on a result document leads here; the code can also be typed in."""
    code = (code or request.args.get("code", "")).strip()
    issued = house().certificates.verify(code) if code else None
    document = (house().verification.look_up(code) or {}).get("document") if code else None
    return render_template("public/verify.html", code=code, found=issued, document=document, **_masked(issued))


def _masked(certificate: Certificate | None) -> dict[str, str]:
    """Return holder and number of a certificate, masked as ID numbers; an identity card's number is its holder's."""
    if certificate is None:
        return {"holder": "", "number": ""}
    holder = terms.mask("id_number", certificate.holder)
    return {"holder": holder, "number": holder if certificate.number == certificate.holder else certificate.number}


@pages.get("/healthz")
@limiter.exempt
def health() -> ResponseReturnValue:
    return {"status": "ok"}
