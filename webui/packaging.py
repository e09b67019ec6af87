"""A setuptools command that builds the pages before a wheel takes them in.

setuptools reads this file on its own, by path: it imports nothing of the package that it lies in.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from setuptools.command.build_py import build_py


class BuildPages(build_py):
    """`build_py` that builds the pages first. An editable install leaves them to `make build`."""

    def run(self) -> None:
        if not self.editable_mode:
            # -P: modules beside the script must not shadow the standard library's.
            subprocess.run([sys.executable, "-P", str(Path(__file__).with_name("build.py"))], check=True)
        super().run()
