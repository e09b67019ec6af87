"""Response headers, sessions, and the person who is signed in. Knows nothing of cases."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, g, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from flask_wtf.csrf import CSRFProtect

from engine.hall.ports import Account
from webui.house import PageSettings, house

SESSION_HOURS = 9  # a working day with its lunch break

csrf = CSRFProtect()
limiter = Limiter(get_remote_address, storage_uri="memory://", headers_enabled=False)
login = LoginManager()


class Person(UserMixin):
    """The person of a session. The cookie holds only the session's name; the session itself is kept, and ended, by
    `Identity`.
    """

    def __init__(self, account: Account, session: str) -> None:
        self.key = account.person
        self.session = session

    def get_id(self) -> str:
        return self.session


@login.user_loader
def _person(session: str) -> Person | None:
    account = house().identity.session(session, house().clock.now())
    return None if account is None else Person(account, session)


def begin(account: Account) -> None:
    """Begin a session of somebody who has proved who they are; an earlier session of this browser ends."""
    end()
    login_user(Person(account, house().identity.open_session(account, house().clock.now())))


def end() -> None:
    """End the session of this request, in all copies of its cookie."""
    if current_user.is_authenticated:
        house().identity.close_session(current_user.session)
        logout_user()


def secure(app: Flask, settings: PageSettings) -> None:
    """Install sessions, CSRF protection, sign-in and the headers below."""
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_NAME="licet",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=SESSION_HOURS),
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session
        MAX_CONTENT_LENGTH=settings.max_upload_mb * 1024 * 1024,
    )
    csrf.init_app(app)
    limiter.init_app(app)
    login.session_protection = "strong"
    login.init_app(app)
    app.context_processor(lambda: {"csp_nonce": csp_nonce})
    app.after_request(_headers)


def csp_nonce() -> str:
    """Return the nonce that inline scripts of this response carry."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(18)
    return str(g.csp_nonce)


def _policy() -> str:
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' 'nonce-{csp_nonce()}'",
            "style-src 'self'",
            "style-src-attr 'unsafe-inline'",  # bpmn-js and form-js place things by style attributes
            "img-src 'self' data:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )


def _headers(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", _policy())
    headers["X-Content-Type-Options"] = "nosniff"
    headers["X-Frame-Options"] = "DENY"
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    if request.endpoint != "static":
        headers["Cache-Control"] = "no-store"  # personal values stay out of caches
    if house().settings.secure:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return response


def local_path(target: str | None) -> str | None:
    """Return `target` if it is a path of these pages, else None: a link must not lead elsewhere after signing in."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return None
    parts: Any = urlsplit(target)
    return None if parts.scheme or parts.netloc else target
