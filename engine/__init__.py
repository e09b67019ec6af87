"""The engine: permit chains executed, counted by the law and written down.

Rooms import only rooms above them: errors, terms, workdays, feel, decisions, forms, catalogue,
organisation, matter, soundness, chain, runtime, records, case, journal, authority, ports, store,
views, door, scheduler. Only the outermost layer reads a clock.
"""
