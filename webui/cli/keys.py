"""The keys of an installation: made once, kept in files that only their owner can read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from adapters.settings import Settings
from engine.base.errors import InvalidInput


def anchor_file(settings: Settings) -> Path:
    """Return the path of the key by which this installation signs anchors."""
    return settings.data / "anchor-key.pem"


def anchor_key(path: Path, make: bool = False) -> Ed25519PrivateKey:
    """Return the key that signs anchors. With `make`, a missing one is made, readable only by its owner.

    Raises InvalidInput where the file holds no Ed25519 key.
    """
    if make and not path.exists():
        plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        _keep_private(path, Ed25519PrivateKey.generate().private_bytes(*plain))
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise InvalidInput(f"--key: expected an Ed25519 key (PEM) in {path}; there is none.") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise InvalidInput(f"--key: expected an Ed25519 key (PEM) in {path}; it is of another kind.")
    return key


def secret_key(folder: Path) -> str:
    """Return the key that signs sessions: LICET_SECRET_KEY, else one that is made once and kept private in `folder`."""
    given = os.environ.get("LICET_SECRET_KEY")
    if given:
        return given
    path = folder / "secret-key"
    if not path.exists():
        _keep_private(path, secrets.token_urlsafe(48).encode())
    return path.read_text().strip()


def _keep_private(path: Path, content: bytes) -> None:
    """Write a new file that only its owner can read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
