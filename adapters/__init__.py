"""What the engine needs from outside, carried out: a module a port, composed by `wiring`.

Everything here ships: the stand-ins (library, mailbox, courier, supervision) are what an embedded hall runs on.
Imports `engine` alone, never the pages; keeps its things on the `Shelf` that the store lends.
"""
