"""Documents: PDF made by typst from the templates beside this file. Knows no case, only values to be shown.

Values are passed as data and shown as text: text that an applicant wrote never becomes markup. Equal values give equal
bytes on the same machine (fonts differ between machines).
"""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import segno
import typst

from adapters.wording import shown
from engine.base.errors import Fault, ModelError

TEMPLATES = Path(__file__).parent

# Font families with Chinese glyphs, the best first; those of Linux distributions, macOS and Windows.
CHINESE_FONTS = (
    "Noto Serif CJK SC",
    "Source Han Serif SC",
    "Songti SC",
    "FandolSong",
    "SimSun",
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "PingFang SC",
    "Microsoft YaHei",
    "SimHei",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Droid Sans Fallback",
    "AR PL UMing CN",
)


def chinese_fonts(folders: Sequence[Path] = ()) -> tuple[str, ...]:
    """Return those of CHINESE_FONTS that the system or one of the folders has."""
    families = typst.Fonts(font_paths=[str(folder) for folder in folders]).families()
    return tuple(family for family in CHINESE_FONTS if family in families)


def known_templates() -> tuple[str, ...]:
    """Return the names of the templates that `render` knows."""
    return tuple(sorted(path.stem for path in TEMPLATES.glob("*.typ") if path.stem != "common"))


class TypstDocuments:
    """`engine.hall.ports.Documents` as PDF. Raises Fault when created on a machine without a Chinese font."""

    type = "application/pdf"
    suffix = ".pdf"

    def __init__(self, font_folders: Sequence[Path] = ()) -> None:
        self._fonts = chinese_fonts(font_folders)
        if not self._fonts:
            raise Fault(
                "Expected a font with Chinese glyphs for documents, found none. Install one (Debian: apt-get install "
                "fonts-noto-cjk), or name a folder with one in LICET_FONTS."
            )
        self._compiler = typst.Compiler(root=str(TEMPLATES), font_paths=[str(folder) for folder in font_folders])
        self._lock = threading.Lock()  # the one compiler, which holds the fonts, must be used by one thread at a time

    def render(self, template: str, values: Mapping[str, Any]) -> bytes:
        _known(template)
        data = shown(values) | {"fonts": list(self._fonts)}
        with self._lock:
            result = self._compiler.compile(
                input=str(TEMPLATES / f"{template}.typ"),
                format="pdf",
                sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
            )
        assert isinstance(result, bytes)
        return result


class TextDocuments:
    """`engine.hall.ports.Documents` as plain text.

    For machines without a Chinese font, and for runs that keep nothing.
    """

    type = "text/plain"
    suffix = ".txt"

    def render(self, template: str, values: Mapping[str, Any]) -> bytes:
        _known(template)
        data = {key: value for key, value in shown(values).items() if key != "qr"}
        lines = ["示范文书，内容均为虚构，不具法律效力", f"template: {template}", *_lines(data)]
        return ("\n".join(lines) + "\n").encode()


def _known(template: str) -> None:
    if template not in known_templates():
        raise ModelError(
            f"Expected a document template ({', '.join(known_templates())}); found {template!r}.", template=template
        )


def _lines(data: Mapping[str, Any], indent: str = "") -> list[str]:
    lines: list[str] = []
    for key, value in data.items():
        if isinstance(value, dict):
            lines += [f"{indent}{key}:", *_lines(value, indent + "  ")]
        else:
            lines.append(f"{indent}{key}: {'、'.join(value) if isinstance(value, list) else value}")
    return lines


def qr_svg(text: str) -> str:
    """Return a QR code as SVG. Its level M is still readable with 15 % of the code damaged."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="svg", border=1, xmldecl=False, scale=4)
    return out.getvalue().decode()
