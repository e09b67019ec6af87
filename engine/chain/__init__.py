"""Chains as immutable values: reading models and folders, and every finding about them.

Only this room (and `decisions`) knows lxml. It runs nothing: tokens are the runtime's, acts the case's.
"""

from engine.chain.model import Finding, Process
from engine.chain.reader import read_bpmn

__all__ = ["Finding", "Process", "read_bpmn"]
