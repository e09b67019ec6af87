"""Pages over a made-up house: what they show, send and refuse."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.samples.pages import PASSWORD, sample_house
from webui import create_app


@pytest.fixture
def app() -> Flask:
    return create_app(sample_house())


@pytest.fixture
def engine(app: Flask) -> Any:
    return app.extensions["licet"].engine


@pytest.fixture
def visitor(app: Flask) -> FlaskClient:
    """A browser that nobody has signed in with; without CSRF checks, which have tests of their own."""
    app.config["WTF_CSRF_ENABLED"] = False
    return app.test_client()


@pytest.fixture
def clerk(visitor: FlaskClient) -> FlaskClient:
    """A browser that `window1` has signed in with."""
    answer = visitor.post("/sign-in", data={"account": "window1", "password": PASSWORD})
    assert answer.status_code == 302
    return visitor
