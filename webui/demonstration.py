"""The demonstration hall: chains, organisation, accounts and cases that are plainly fictional.

Everything goes through the door: no row is written by hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from adapters import certificates, identity
from engine import chain as chains
from engine import organisation as organisations
from engine import scenarios
from engine.case import Settings
from engine.chain.files import INSTALLED
from engine.errors import LicetError, ModelError, NotFound
from engine.organisation import Organisation
from engine.workdays import Calendar
from webui.compose import Hall

BY = "system:demo"


def chain_folder(name: str) -> Path:
    """The folder of a shipped chain's present version. Raises NotFound, naming those that there are."""
    folder = INSTALLED / name / "after"
    if not folder.is_dir():
        known = ", ".join(path.parent.name for path in chain_folders())
        raise NotFound(f"Expected a chain ({known}); found {name!r}.", chain=name)
    return folder


def chain_folders() -> Iterator[Path]:
    return (path.parent for path in sorted(INSTALLED.glob("*/after/chain.bpmn")))


def organisation() -> Organisation:
    """The county hall that ships."""
    return organisations.read((INSTALLED / "organisation.json").read_bytes())


def set_up(hall: Hall) -> None:
    """Calendar, organisation and chains in force. Doing it twice changes nothing."""
    hall.engine.set_up(Calendar.shipped(), organisation(), Settings())
    for folder in chain_folders():
        reading = chains.read(folder)
        if reading.version is None:
            wrong = [f"{f.file}:{f.line} {f.message}" for f in reading.findings if f.severity == "error"]
            raise ModelError(f"Expected the shipped chain {folder.parent.name} to be right: {'; '.join(wrong[:3])}")
        hall.engine.publish(reading.version, BY)


def fill(hall: Hall) -> list[str]:
    """Accounts with made-up passwords, a certificate library, and cases in several states; the accounts made."""
    at = datetime.now(UTC)
    certificates.demonstration(hall.adapters.library, at)
    people = {person.key: person.name for person in organisation().people}
    return identity.open_demonstration(hall.adapters.identity, people, hall.settings.demonstration_accounts, at)


def play(hall: Hall, clock: scenarios.VirtualClock) -> int:
    """Play the shipped scenarios as cases of this database, at their own times; how many cases there are then."""
    made = 0
    for folder in chain_folders():
        for file in scenarios.files_of([folder]):
            made += _played(hall, clock, file)
    return made


def _played(hall: Hall, clock: scenarios.VirtualClock, file: Path) -> bool:
    try:
        scenario = scenarios.read(file)
        clock.move(scenario.at)
        stage = scenarios.Rehearsal(hall.engine, hall.scheduler, organisation(), clock)
        number, _ = scenarios.play(stage, scenario)
    except LicetError:
        return False
    return number is not None
