"""The command line, one module for each audience. Prints the engine's answers; holds no rule about permits."""

from webui.cli.main import main

__all__ = ["main"]
