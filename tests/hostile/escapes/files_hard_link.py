"""Gives the gradebook a second name that is its own; it must be refused."""

CELL = """
os.link(COURSE + "/gradebook.db", os.path.join(tempfile.gettempdir(), MARK))
print("ESCAPED")
"""
