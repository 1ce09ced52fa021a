"""Goes to the gradebook by a symbolic link of its own; the link must lead nowhere."""

CELL = """
way = os.path.join(tempfile.mkdtemp(), "way")
os.symlink(COURSE + "/gradebook.db", way)
print("ESCAPED", open(way).read())
"""
