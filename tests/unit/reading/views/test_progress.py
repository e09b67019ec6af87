"""The journal behind a case page: remembered as far as it was read, and continued from there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.hall.store import EntryRow, Reading
from engine.reading.views import case as cases
from engine.reading.views import history
from engine.reading.views.case import CasePage
from engine.reading.views.history import LATEST
from engine.reading.views.sight import Sights
from tests.samples.site import Site, site
from webui.cli.bench import models

ROUNDS = LATEST + 5


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path) as found:
        found.hall.engine.publish(models.loop(), "system:test")
        yield found


def _new_sights(hall: Site) -> Sights:
    engine = hall.hall.engine
    return Sights(hall.hall.store, engine.library, hall.clock)


def _page(sights: Sights, number: str) -> CasePage:
    with sights.of("window1") as sight:
        return cases.page(sight, number)


def _round(hall: Site, number: str) -> None:
    (task,) = hall.case(number).tasks.values()
    hall.give("CompleteTask", "window1", number, task=task.token, variables=dict(models.ANSWER))


def test_who_looks_again_sees_what_a_first_look_sees(hall: Site) -> None:
    number = hall.case_of(models.loop().name)
    sights = _new_sights(hall)

    for _ in range(3):
        assert _page(sights, number) == _page(_new_sights(hall), number)
        _round(hall, number)


def test_looking_again_reads_what_has_come_since(hall: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    number = hall.case_of(models.loop().name)
    for _ in range(ROUNDS):
        _round(hall, number)
    sights, read = _new_sights(hall), []
    entries = Reading.entries

    def counted(reading: Reading, case: str, after: int = 0, limit: int | None = None) -> list[EntryRow]:
        found = entries(reading, case, after, limit)
        read.append(len(found))
        return found

    monkeypatch.setattr(Reading, "entries", counted)
    _page(sights, number)
    _round(hall, number)
    read.clear()

    page = _page(sights, number)

    assert sum(read) == 2, "the entry that was the last one, to know the journal by, and the new one"
    assert len(page.history) == LATEST


def test_a_look_at_an_earlier_moment_is_not_answered_from_a_later_one(hall: Site) -> None:
    number = hall.case_of(models.loop().name)
    sights = _new_sights(hall)
    with sights.of("window1") as earlier:
        row, case, version = earlier.opened(number)
        _round(hall, number)
        _page(sights, number)

        with earlier.journals.followed(earlier.reading, version, case) as journal:
            assert journal.sequence == row.sequence


def test_the_history_is_turned_page_by_page(hall: Site) -> None:
    number = hall.case_of(models.loop().name)
    for _ in range(5):
        _round(hall, number)
    sequences, before = [], None

    while True:
        with hall.hall.sights.of("window1") as sight:
            page = history.page(sight, number, before, limit=4)
        sequences += [row.sequence for row in page.rows]
        before = page.next
        if before is None:
            break

    assert sequences == [6, 5, 4, 3, 2, 1]
