"""The revisions, in order of their numbers. There is no way down: a backup is."""
