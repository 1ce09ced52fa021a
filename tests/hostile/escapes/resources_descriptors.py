"""Opens files until it may open no more; it must be told."""

CELL = """
files = [open("/dev/null") for _ in range(10_000)]
"""
NOTE = "files open"
