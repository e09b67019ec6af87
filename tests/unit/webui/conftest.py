"""Tests of pages work on the small hall: all that only look share one; who changes something has a copy."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.samples import small_hall as small_halls
from tests.samples.site import Site


@pytest.fixture(scope="session")
def shared_hall(small_hall: Path) -> Iterator[Site]:
    with small_halls.opened(small_hall) as here:
        yield here


@pytest.fixture
def hall(shared_hall: Site) -> Site:
    """The small hall, in which nothing is to change but who is signed in; without CSRF checks, which have their own."""
    shared_hall.app.config["WTF_CSRF_ENABLED"] = False
    return shared_hall


@pytest.fixture
def own_hall(small_hall: Path, tmp_path: Path) -> Iterator[Site]:
    """The small hall for one test alone."""
    with small_halls.opened(Path(shutil.copytree(small_hall, tmp_path / "own_hall"))) as here:
        here.app.config["WTF_CSRF_ENABLED"] = False
        yield here


@pytest.fixture
def app(hall: Site) -> Flask:
    return hall.app


@pytest.fixture
def visitor(hall: Site) -> FlaskClient:
    """A browser that nobody has signed in with."""
    return hall.app.test_client()


@pytest.fixture
def clerk(hall: Site) -> FlaskClient:
    """A browser that `window1` has signed in with."""
    return hall.client("window1")


@pytest.fixture
def own_clerk(own_hall: Site) -> FlaskClient:
    """A browser that `window1` has signed in with, in the hall of this test alone."""
    return own_hall.client("window1")
