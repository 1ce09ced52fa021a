"""Opens a terminal of its own and looks whether others have left theirs; it must be the first."""

CELL = """
held = [os.openpty() for _ in range(3)]
if os.ttyname(held[0][1]) != "/dev/pts/0":
    print("ESCAPED")
"""
UNPROVEN = "whether there are others depends on the machine"
