"""Published versions: looked up by digest, run from the stored bytes alone, never changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.base.errors import NotFound
from engine.case.context import Settings
from engine.hall.library import Library
from engine.hall.store import Store
from engine.law.workdays import Calendar
from engine.reading import scenarios
from tests.samples import halls


@pytest.fixture(scope="module")
def empty() -> Iterator[Path]:
    with scenarios.empty_database() as path:
        yield path


@pytest.fixture
def store(empty: Path, tmp_path: Path) -> Iterator[Store]:
    path = tmp_path / "hall.db"
    path.write_bytes(empty.read_bytes())
    found = Store.open(f"sqlite:///{path}")
    yield found
    found.close()


def test_a_database_that_was_not_set_up_says_what_to_do(store: Store) -> None:
    with store.reading() as reading, pytest.raises(NotFound, match="licet init"):
        Library(store).versions(reading)


def test_a_version_is_read_again_from_what_is_stored(store: Store) -> None:
    halls.hall(store, halls.BUSINESS_STARTUP)
    published, organisation = halls.chain(halls.BUSINESS_STARTUP)

    fresh = Library(store)
    with store.reading() as reading:
        versions = fresh.versions(reading)
        digest = fresh.current_chain(reading, halls.BUSINESS_STARTUP)
        assert fresh.current_chain(reading, digest) == digest

    version, _ = fresh.chain(digest)
    assert (version.digest, version.files) == (published.digest, published.files)
    assert fresh.chain(digest)[0] is version
    assert fresh.calendar(versions.calendar).digest == Calendar.shipped().digest
    assert versions.organisation is not None
    assert fresh.organisation(versions.organisation) == organisation
    assert fresh.settings(versions.settings) == Settings()


def test_publishing_the_same_version_twice_is_once(store: Store) -> None:
    stage = halls.hall(store, "loops_and_joins")
    version = halls.chain("loops_and_joins")[0]

    numbers = [stage.engine.publish(version, "system:test") for _ in range(2)]

    assert numbers == [1, 1]
    with store.reading() as reading:
        assert len(reading.chains()) == 1


def test_what_is_not_there_is_not_found(store: Store) -> None:
    library = Library(store)

    with pytest.raises(NotFound, match="sha256:00"):
        library.chain("sha256:00")
    with store.reading() as reading, pytest.raises(NotFound, match="licet chain list"):
        library.current_chain(reading, "unheard")
