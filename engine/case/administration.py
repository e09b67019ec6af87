"""Says who may do what concerns no case: publish chains, put an organisation or a calendar in force. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from engine.base.errors import NotAllowed
from engine.law.organisation import Organisation

ADMINISTRATION: Mapping[str, tuple[tuple[str, ...], str]] = {
    "publish": (("designer", "administrator"), "a designer or an administrator"),
    "force": (("administrator",), "an administrator"),
    "organisation": (("administrator",), "an administrator"),
    "calendar": (("administrator",), "an administrator"),
}
"""Acts that concern no case, with the roles that may do them; these must hold for the whole hall."""


def administer(organisation: Organisation | None, actor: str, act: str, on: date) -> None:
    """Raise NotAllowed if the actor may not do an act of `ADMINISTRATION`; it says who may.

    The operator of the machine (`system:…`) may do all: a hall must be set up before there are people in it.
    """
    roles, who = ADMINISTRATION[act]
    if organisation is None or actor.startswith("system:"):
        return
    if organisation.may(actor, roles, None, None, on) is None:
        raise NotAllowed(f"Expected {who} for this; {actor} is not.", sentence="administration_not_yours", actor=actor)
