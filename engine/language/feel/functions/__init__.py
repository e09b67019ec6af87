"""The built-in functions of DMN 1.5 § 10.3.4, by the kind of their first argument. Pure.

Beyond the standard, as Camunda 8 has them: `is defined`, `is empty`, `is blank`, `trim`, `get or else`,
`partition`, `duplicate values`, `last day of month`.
"""

from engine.language.feel.functions import contexts, lists, numbers, ranges, strings, times
from engine.language.feel.functions.registry import TABLE

__all__ = ["TABLE", "contexts", "lists", "numbers", "ranges", "strings", "times"]
