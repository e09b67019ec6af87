"""Accounts on the shelf: passwords hashed with Argon2id, attempts counted. Knows no role and no page.

Nobody can find out by trying whether a name exists: an unknown name costs the same hashing, counts its attempts in the
same way, and gets the same words. An attempt is counted before the password is checked, so that many attempts at once
can't exceed the limit.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import repeat
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from engine.base.errors import Conflict, InvalidInput, NotAllowed, NotFound, wrong_field
from engine.hall.ports import Account, Shelf

ATTEMPTS = 5  # wrong passwords in a row, after which the name is locked
LOCKED_MINUTES = 15
SHORTEST_PASSWORD = 10  # characters
LONGEST_SESSION = timedelta(hours=24)  # after that the person signs in again, even if the browser still has the cookie
LONGEST_PASSWORD = 256  # bounds the hashing, not the user
_NAME_BUCKETS = 4096  # unknown names share this many counters, so that attempts can't fill the shelf
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # without characters that look alike

_ACCOUNT, _ATTEMPT, _SESSION = "account", "sign_in_attempt", "session"


class ShelfIdentity:
    """`engine.hall.ports.Identity` with accounts on the shelf. The sign-in name is the person's key; case doesn't
    matter.
    """

    def __init__(self, shelf: Shelf, hasher: PasswordHasher | None = None) -> None:
        self._shelf = shelf
        self._hasher = hasher or PasswordHasher()
        self._nobody = self._hasher.hash(secrets.token_hex(16))

    def create(self, person: str, password: str, at: datetime) -> Account:
        """Open an account. Raises Conflict if the person has one, InvalidInput for an unacceptable password."""
        _good(password, person)
        record = {"person": person, "hash": self._hasher.hash(password)}
        if not self._shelf.add(_ACCOUNT, _name(person), record, owner=person, at=at):
            message = f"Expected {person!r} to have no account yet; there is one."
            raise Conflict(message, sentence="account_exists", person=person)
        return _as_account(record)

    def sign_in(self, name: str, password: str, at: datetime) -> Account:
        record = self._shelf.get(_ACCOUNT, _name(name))
        counted = _name(name) if record else _bucket(name)
        self._take_attempt(counted, at)
        right = self._matches(record["hash"] if record else self._nobody, password)
        if record is None or not right:
            raise _denied()
        self._forget_attempts(counted)
        if self._hasher.check_needs_rehash(record["hash"]):
            record = record | {"hash": self._hasher.hash(password)}
            self._shelf.put(_ACCOUNT, _name(name), record, owner=record["person"], at=at)
        return _as_account(record)

    def account(self, person: str) -> Account | None:
        record = self._shelf.get(_ACCOUNT, _name(person))
        return None if record is None else _as_account(record)

    def open_session(self, account: Account, at: datetime) -> str:
        for name, record in self._shelf.find(_SESSION, owner=account.person):
            if not _is_current(record, at):
                self._shelf.delete(_SESSION, name)
        name = secrets.token_urlsafe(24)
        record = {"person": account.person, "stamp": account.stamp, "at": at.isoformat()}
        self._shelf.put(_SESSION, _digest(name), record, owner=account.person, at=at)
        return name

    def session(self, name: str, at: datetime) -> Account | None:
        record = self._shelf.get(_SESSION, _digest(name))
        if record is None or not _is_current(record, at):
            return None
        account = self.account(record["person"])
        return account if account is not None and account.stamp == record["stamp"] else None

    def close_session(self, name: str) -> None:
        self._shelf.delete(_SESSION, _digest(name))

    def change_password(self, person: str, old: str, new: str, at: datetime) -> Account:
        self.sign_in(person, old, at)
        _good(new, person)
        if new == old:
            message = "Expected a new password; it is the old one."
            raise InvalidInput(
                message, sentence="password_unfit", errors={"new": wrong_field("password_unchanged", message)}
            )
        record = {"person": person, "hash": self._hasher.hash(new)}
        self._shelf.put(_ACCOUNT, _name(person), record, owner=person, at=at)
        return _as_account(record)

    def reset(self, person: str, password: str, at: datetime) -> Account:
        """Set a password without knowing the old one, and forget failed attempts: for the operator. Raises NotFound."""
        if self.account(person) is None:
            message = f"Expected {person!r} to have an account; there is none."
            raise NotFound(message, sentence="account_unknown", person=person)
        _good(password, person)
        record = {"person": person, "hash": self._hasher.hash(password)}
        self._shelf.put(_ACCOUNT, _name(person), record, owner=person, at=at)
        self._forget_attempts(_name(person))
        return _as_account(record)

    def _matches(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password[:LONGEST_PASSWORD]) and len(password) <= LONGEST_PASSWORD
        except (VerificationError, InvalidHashError):
            return False

    def _take_attempt(self, counted: str, at: datetime) -> None:
        """Take one of the places for attempts. Raises NotAllowed if all were taken within the last LOCKED_MINUTES."""
        taken = {"at": at.isoformat()}
        for place in range(ATTEMPTS):
            key = f"{counted}/{place}"
            if self._shelf.add(_ATTEMPT, key, taken, at=at):
                return
            before = self._shelf.get(_ATTEMPT, key)
            if before is None or _is_over(before, at):
                self._shelf.put(_ATTEMPT, key, taken, at=at)
                return
        raise _denied()

    def _forget_attempts(self, counted: str) -> None:
        for place in range(ATTEMPTS):
            self._shelf.delete(_ATTEMPT, f"{counted}/{place}")


def made_up_password() -> str:
    """Return a random password of three groups of four characters: about 59 bits, easily typed."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3))


def open_demonstration(identity: ShelfIdentity, people: Mapping[str, str], path: Path, at: datetime) -> list[str]:
    """Open accounts with random passwords for those of `people` (key: name) that have none; return their keys.

    Names and passwords are added to the file at `path`, which only its owner can read.
    """
    made = {person: made_up_password() for person in people if identity.account(person) is None}
    # The file first: a crash must not leave an account whose password nobody knows.
    _append_private(path, "".join(f"{person}\t{password}\t{people[person]}\n" for person, password in made.items()))
    with ThreadPoolExecutor() as threads:  # hashing is slow on purpose, and lets others run meanwhile
        list(threads.map(identity.create, made.keys(), made.values(), repeat(at)))
    return list(made)


def read_demonstration(path: Path) -> dict[str, str]:
    """Return {person: password} of the file that `open_demonstration` wrote; a person's last line counts."""
    if not path.exists():
        return {}
    rows = (line.split("\t") for line in path.read_text("utf-8").splitlines())
    return {row[0]: row[1] for row in rows if len(row) == 3}


def _append_private(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "a", encoding="utf-8") as file:
        os.fchmod(handle, 0o600)
        file.write(text)


def _name(name: str) -> str:
    return name.strip().casefold()[:64]


def _bucket(name: str) -> str:
    number = int.from_bytes(hashlib.sha256(_name(name).encode("utf-8", "replace")).digest()[:8], "big")
    return f"?{number % _NAME_BUCKETS}"


def _digest(name: str) -> str:
    """Return the key under which a session is kept. Nobody who reads the table can sign in with a digest."""
    return hashlib.sha256(name.encode()).hexdigest()


def _is_current(session: Mapping[str, Any], at: datetime) -> bool:
    return at - datetime.fromisoformat(session["at"]) < LONGEST_SESSION


def _is_over(attempt: Mapping[str, Any], at: datetime) -> bool:
    return at - datetime.fromisoformat(attempt["at"]) >= timedelta(minutes=LOCKED_MINUTES)


def _as_account(record: Mapping[str, Any]) -> Account:
    return Account(record["person"], hashlib.sha256(record["hash"].encode()).hexdigest()[:16])


def _good(password: str, person: str) -> None:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        message = f"Expected {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters; found {len(password)}."
        wrong = wrong_field("password_length", message, least=SHORTEST_PASSWORD, most=LONGEST_PASSWORD)
        raise InvalidInput(message, sentence="password_unfit", errors={"new": wrong})
    if _name(person) in password.casefold():
        message = "Expected a password without the name in it."
        raise InvalidInput(message, sentence="password_unfit", errors={"new": wrong_field("password_named", message)})


def _denied() -> NotAllowed:
    return NotAllowed(
        f"Name or password is wrong; after {ATTEMPTS} wrong attempts in a row, wait {LOCKED_MINUTES} minutes.",
        sentence="sign_in_denied",
        attempts=ATTEMPTS,
        minutes=LOCKED_MINUTES,
    )
