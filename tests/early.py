"""Loaded before pytest's other plugins: a checker of web addresses, which nobody here asks for, takes a second to import."""

import sys

sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
