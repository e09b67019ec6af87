"""The pages. Knows Flask and what a browser needs; holds no rule of a permit.

A view makes four moves: identify, parse, execute, render. Whether somebody may do something is asked of the
engine: a page shows a button where the reading's `may` names the command, and nowhere else.
"""

from webui.app import create_app
from webui.house import House, Settings

__all__ = ["House", "Settings", "create_app"]
