"""Sessions end where they are kept; addresses are believed from the proxy alone."""

from __future__ import annotations

import threading
import urllib.request
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from adapters.identity import LONGEST_SESSION
from adapters.settings import Settings
from engine.base.errors import InvalidInput
from tests.samples.site import Site
from webui.cli.service import _listening


def copied(app: Flask, client: FlaskClient) -> FlaskClient:
    """Another browser with the same cookie."""
    cookie = client.get_cookie("licet")
    assert cookie is not None
    other = app.test_client()
    other.set_cookie("licet", cookie.value)
    return other


def test_signing_out_ends_the_copies_of_its_cookie_too(app: Flask, clerk: FlaskClient) -> None:
    thief = copied(app, clerk)
    assert thief.get("/worklist").status_code == 200

    clerk.post("/sign-out")

    assert thief.get("/worklist").status_code == 302


def test_signing_out_here_leaves_the_session_at_another_desk(hall: Site, clerk: FlaskClient) -> None:
    elsewhere = hall.client("window1")

    clerk.post("/sign-out")

    assert elsewhere.get("/worklist").status_code == 200


def test_signing_in_again_ends_the_session_before(hall: Site, clerk: FlaskClient) -> None:
    before = copied(hall.app, clerk)

    clerk.post("/sign-in", data={"account": "window1", "password": hall.passwords["window1"]})

    assert before.get("/worklist").status_code == 302
    assert clerk.get("/worklist").status_code == 200


def test_a_session_ends_after_a_day(app: Flask) -> None:
    house = app.extensions["licet"]
    account = house.identity.account("window1")
    now = house.clock.now()

    name = house.identity.open_session(account, now)

    assert house.identity.session(name, now + LONGEST_SESSION - timedelta(seconds=1)) == account
    assert house.identity.session(name, now + LONGEST_SESSION) is None
    assert house.identity.session("made up", now) is None


def test_what_is_kept_of_a_session_opens_none(app: Flask) -> None:
    house = app.extensions["licet"]
    now = house.clock.now()
    house.identity.open_session(house.identity.account("window1"), now)

    for kept, _ in house.identity._shelf.find("session"):
        assert house.identity.session(kept, now) is None


# ------------------------------------------------------------------ behind a proxy


def told(environment: dict[str, Any], start: Any) -> Iterable[bytes]:
    start("200 OK", [])
    return [f"{environment['REMOTE_ADDR']} {environment['wsgi.url_scheme']}".encode()]


def _serve(server: Any) -> None:
    with suppress(OSError):  # it is closed under its own feet
        server.run()


@pytest.mark.parametrize(
    ("proxy", "expected"),
    [("127.0.0.1", "203.0.113.7 https"), ("192.0.2.1", "127.0.0.1 http"), (None, "127.0.0.1 http")],
)
def test_an_address_is_believed_from_the_proxy_alone(proxy: str | None, expected: str) -> None:
    server = _listening(told, "127.0.0.1", 0, proxy)
    threading.Thread(target=_serve, args=(server,), daemon=True).start()
    headers = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}
    request = urllib.request.Request(f"http://127.0.0.1:{server.effective_port}/", headers=headers)

    with urllib.request.urlopen(request, timeout=10) as answer:
        found = answer.read().decode()
    server.close()

    assert found == expected


def test_a_proxy_that_is_no_address_is_refused() -> None:
    assert Settings.from_environment({"LICET_PROXY": "::1"}).proxy == "::1"

    with pytest.raises(InvalidInput, match="LICET_PROXY"):
        Settings.from_environment({"LICET_PROXY": "the proxy"})
