"""The revisions, in the order of their numbers. None can be undone: restore a backup instead."""
