"""The engine: permit chains executed, counted by the law and written down, in six storeys.

    base       what every room may know
    language   what designers write: expressions, decisions, forms
    law        what the law says: days, lifecycle, items, departments
    model      a chain read, checked, and its tokens moved
    case       one case: a command becomes effects, effects become the next state
    hall       many cases: kept, changed, proved, ticked
    reading    what people see

A storey imports only storeys that stand above it in this list, and a room only rooms before it in its storey's list;
the import contracts in setup.cfg say so, and the tests run them. Pure up to `case`: no clock, no file, no database,
but for reading chains from disk. `now` is passed in.
"""
