"""The journal behind a case page: remembered as far as it was read, and continued from there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.hall.store import EntryRow, Reading
from engine.reading.views.views import LATEST, Views
from tests.samples.site import Site, site
from webui.cli.bench import models

ROUNDS = LATEST + 5


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path) as found:
        found.hall.engine.publish(models.loop(), "system:test")
        yield found


def _new_views(hall: Site) -> Views:
    engine = hall.hall.engine
    return Views(hall.hall.store, engine.library, hall.clock)


def _round(hall: Site, number: str) -> None:
    (task,) = hall.case(number).tasks.values()
    hall.give("CompleteTask", "window1", number, task=task.token, variables=dict(models.ANSWER))


def test_who_looks_again_sees_what_a_first_look_sees(hall: Site) -> None:
    number = hall.case_of(models.loop().name)
    views = _new_views(hall)

    for _ in range(3):
        assert views.case("window1", number) == _new_views(hall).case("window1", number)
        _round(hall, number)


def test_looking_again_reads_what_has_come_since(hall: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    number = hall.case_of(models.loop().name)
    for _ in range(ROUNDS):
        _round(hall, number)
    views, read = _new_views(hall), []
    entries = Reading.entries

    def counted(reading: Reading, case: str, after: int = 0, limit: int | None = None) -> list[EntryRow]:
        found = entries(reading, case, after, limit)
        read.append(len(found))
        return found

    monkeypatch.setattr(Reading, "entries", counted)
    views.case("window1", number)
    _round(hall, number)
    read.clear()

    page = views.case("window1", number)

    assert sum(read) == 2, "the entry that was the last one, to know the journal by, and the new one"
    assert len(page["history"]) == LATEST


def test_a_look_at_an_earlier_moment_is_not_answered_from_a_later_one(hall: Site) -> None:
    number = hall.case_of(models.loop().name)
    views = _new_views(hall)
    with hall.hall.store.reading() as earlier:
        row = earlier.case(number)
        assert row is not None
        case, version = hall.case(number), views._version(row.chain)
        _round(hall, number)
        views.case("window1", number)

        with views._journals.followed(earlier, version, case) as journal:
            assert journal.sequence == row.sequence


def test_the_history_is_turned_page_by_page(hall: Site) -> None:
    number = hall.case_of(models.loop().name)
    for _ in range(5):
        _round(hall, number)
    views, found, before = _new_views(hall), [], None

    while True:
        page = views.history("window1", number, before, limit=4)
        found += [row["sequence"] for row in page["rows"]]
        before = page["next"]
        if before is None:
            break

    assert found == [6, 5, 4, 3, 2, 1]
