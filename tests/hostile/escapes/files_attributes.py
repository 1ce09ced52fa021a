"""Keeps a note for somebody else in a file's extended attributes; it must be refused."""

CELL = """
os.setxattr(COURSE + "/gradebook.db", "user.note", b"here")
print("ESCAPED")
"""
DEPENDS = "whether the file system has such attributes"
