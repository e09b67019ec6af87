"""Databases for the acceptance tests: SQLite files copied from an empty one, and PostgreSQL from the wheel."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from uuid import uuid4

import pytest

from engine.hall.store import Store
from engine.reading import scenarios

NewUrl = Callable[[], str]


@pytest.fixture(scope="session")
def empty_database() -> Iterator[Path]:
    with scenarios.empty_database() as path:
        yield path


@pytest.fixture
def new_sqlite(empty_database: Path, tmp_path: Path) -> NewUrl:
    """Return a function that makes an SQLite database with its tables and returns its URL."""
    numbers = count(1)

    def make() -> str:
        path = tmp_path / f"hall_{next(numbers)}.db"
        shutil.copy(empty_database, path)
        return f"sqlite:///{path}"

    return make


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def kind(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture
def new_url(kind: str, request: pytest.FixtureRequest, new_sqlite: NewUrl) -> NewUrl:
    """Return a function that makes a database with its tables, of either kind, and returns its URL."""
    if kind == "sqlite":
        return new_sqlite
    new_postgres: NewUrl = request.getfixturevalue("new_postgres")

    def make() -> str:
        url = new_postgres()
        with opened(url) as store:
            store.upgrade()
        return url

    return make


@pytest.fixture
def copy_of(tmp_path: Path) -> Callable[[str], str]:
    """Copy a database that nobody has open; return the URL of the copy."""
    numbers = count(1)

    def copied(url: str) -> str:
        if url.startswith("sqlite"):
            path = tmp_path / f"copy_{next(numbers)}.db"
            shutil.copy(url.removeprefix("sqlite:///"), path)
            return f"sqlite:///{path}"
        import psycopg

        name = str(psycopg.conninfo.conninfo_to_dict(url)["dbname"])
        copy = f"copy_{uuid4().hex}"
        with psycopg.connect(url.replace(f"/{name}?", "/postgres?"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {copy} TEMPLATE {name}".encode())
        return url.replace(f"/{name}?", f"/{copy}?")

    return copied


@contextmanager
def opened(url: str) -> Iterator[Store]:
    store = Store.open(url)
    try:
        yield store
    finally:
        store.close()


@pytest.fixture
def store(new_url: NewUrl) -> Iterator[Store]:
    """A database of the test's own, of either kind."""
    with opened(new_url()) as found:
        yield found


@pytest.fixture
def sqlite_store(new_sqlite: NewUrl) -> Iterator[Store]:
    with opened(new_sqlite()) as found:
        yield found
