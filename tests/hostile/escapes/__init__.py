"""Attempts to get out, one a file; `tests.hostile.escape` says what such a file holds."""
