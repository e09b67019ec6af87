"""The engine's ports implemented, one module for each port; `wiring` puts them together.

Everything here ships: an embedded hall runs on the stand-ins (library, mailbox, courier, supervision). Imports only
`engine`, never the pages; keeps its objects on the `Shelf` that the store lends.
"""
