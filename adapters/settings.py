"""The settings of an installation, read from the environment: LICET_*. Read once, at start."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine.base.errors import InvalidInput

_ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class Settings:
    """Settings of the adapters. `seed` makes codes the same in every process: for demonstrations and tests only."""

    data: Path = Path("var")
    public_url: str = "http://127.0.0.1:8080"
    font_folders: tuple[Path, ...] = ()
    hall: str = "示范县政务服务中心"
    zone: ZoneInfo = _ZONE
    issuer: str | None = None
    proxy: str | None = None
    seed: str | None = None

    @property
    def files(self) -> Path:
        """The folder of the files that were handed in or made."""
        return self.data / "files"

    @property
    def demonstration_accounts(self) -> Path:
        """The file with the demonstration's random passwords, which only its owner can read."""
        return self.data / "demo-accounts.txt"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read LICET_DATA, LICET_URL, LICET_FONTS (folders, separated like PATH), LICET_HALL, LICET_ZONE, LICET_ISSUER,
        LICET_PROXY (address of the reverse proxy, whose X-Forwarded-For and -Proto are believed).

        A setting that is missing keeps its default. Raises InvalidInput for an unknown zone or a wrong address.
        """
        given = {name: value for name, value in environment.items() if name.startswith("LICET_") and value}
        return cls(
            data=Path(given.get("LICET_DATA", cls.data)),
            public_url=given.get("LICET_URL", cls.public_url),
            font_folders=tuple(Path(p) for p in given.get("LICET_FONTS", "").split(os.pathsep) if p),
            hall=given.get("LICET_HALL", cls.hall),
            zone=_zone(given.get("LICET_ZONE", _ZONE.key)),
            issuer=given.get("LICET_ISSUER"),
            proxy=_address(given.get("LICET_PROXY")),
        )


def _address(text: str | None) -> str | None:
    try:
        return None if text is None else str(ip_address(text))
    except ValueError as error:
        raise InvalidInput(f"Expected an address like 127.0.0.1 in LICET_PROXY; found {text!r}.") from error


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise InvalidInput(f"Expected a time zone like Asia/Shanghai in LICET_ZONE; found {name!r}.") from error
