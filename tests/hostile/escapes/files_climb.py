"""Climbs up from where it is, over more parents than there are, and down into the course; there must be no such way."""

CELL = """
os.chdir("../" * 40)
print("ESCAPED", open(COURSE.lstrip("/") + "/gradebook.db").read())
"""
