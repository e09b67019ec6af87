"""Accounts opened on the command line and used in the pages: people can sign in to a newly made hall."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from adapters.identity import ShelfIdentity
from adapters.memory import MemoryShelf
from engine.base.errors import NotAllowed, NotFound

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def test_a_reset_password_replaces_the_old_one_and_ends_the_lock():
    identity = ShelfIdentity(MemoryShelf())
    identity.create("window1", "first-password-1", AT)
    for _ in range(6):
        with pytest.raises(NotAllowed):
            identity.sign_in("window1", "wrong", AT)

    identity.reset("window1", "second-password-2", AT)

    assert identity.sign_in("window1", "second-password-2", AT).person == "window1"
    with pytest.raises(NotAllowed):
        identity.sign_in("window1", "first-password-1", AT)


def test_only_an_account_that_is_there_can_be_reset():
    with pytest.raises(NotFound):
        ShelfIdentity(MemoryShelf()).reset("nobody", "second-password-2", AT)
