"""The law as data and arithmetic: days, lifecycle, items, departments. Knows nothing of BPMN.

workdays      which days a limit counts
matter        the lifecycle of a matter, and the built-in actions
catalogue     items, materials, limits, fees
organisation  departments, people, delegated powers
"""
