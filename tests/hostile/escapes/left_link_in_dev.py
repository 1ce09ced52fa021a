"""Puts another file in the place of /dev/fd, which later submissions use; it must be refused."""

CELL = """
os.rename("/dev/fd", "/dev/" + MARK)
print("ESCAPED")
"""
UNPROVEN = "without walls it would change this machine"
