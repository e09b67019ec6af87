"""The parts of the hall that the pages work with, and how a view gets them. Knows no page."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from flask import current_app, g
from flask_login import current_user

from engine.base.errors import StoreUnreachable
from engine.case.records import Command, Order
from engine.reading.views import menu
from engine.reading.views.menu import Abilities
from engine.reading.views.sight import Sight, Sights

if TYPE_CHECKING:
    from adapters.notification import Mailbox
    from adapters.verification import VerificationCodes
    from engine.hall.door import Engine, Receipt
    from engine.hall.ports import Certificates, Clock, Documents, Identity, Storage


@dataclass(frozen=True, slots=True)
class PageSettings:
    """How this installation serves its pages.

    `secret_key` signs sessions and CSRF tokens. `secure`: served over HTTPS only. `zone`: the time zone of the hall.
    `demo_accounts`: (account, name of the person), shown on the sign-in page of a demonstration, without passwords.
    """

    secret_key: str
    hall: str = "政务服务中心"
    zone: str = "Asia/Shanghai"
    secure: bool = False
    max_upload_mb: int = 50
    sign_ins_per_minute: int = 10
    demo_accounts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class House:
    """The engine's door and views, and the adapters that pages call directly."""

    engine: Engine
    sights: Sights
    clock: Clock
    identity: Identity
    storage: Storage
    mailbox: Mailbox
    certificates: Certificates
    verification: VerificationCodes
    documents: Documents
    settings: PageSettings


def house() -> House:
    """Return the house that serves the current request."""
    current: House = current_app.extensions["licet"]
    return current


def actor() -> str:
    """Return the key of the person who is signed in."""
    return str(current_user.key)


def sight() -> Sight:
    """Return the look at the hall of whoever asks, opened once a request: page and menu are of one moment."""
    if "sight" not in g:
        g.looking = ExitStack()
        person = actor() if current_user.is_authenticated else ""
        g.sight = g.looking.enter_context(house().sights.of(person))
    seen: Sight = g.sight
    return seen


def look_away(error: BaseException | None = None) -> None:
    """End the look of the request, if there is one: what is read from now on is of a later moment."""
    g.pop("abilities", None)
    if g.pop("sight", None) is not None:
        with suppress(StoreUnreachable):  # whoever asks next is told, should the database be gone
            g.pop("looking").close()


def abilities() -> Abilities:
    """Return what the person who is signed in may open; read once a request."""
    if "abilities" not in g:
        g.abilities = menu.abilities(sight())
    mine: Abilities = g.abilities
    return mine


def execute(case: str | None, order: Order, key: str | None = None, effective_on: date | None = None) -> Receipt:
    """Give an order of the person who is signed in to the door; the receipt, or the engine's refusal."""
    look_away()
    return house().engine.execute(Command(actor(), case, order, key, effective_on))
