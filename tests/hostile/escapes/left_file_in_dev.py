"""Leaves a file in /dev, which the sandbox makes once for all submissions; the next one must not find it."""

CELL = """
open("/dev/" + MARK, "w").write("here")
"""
AFTER = """
if os.path.exists("/dev/" + MARK):
    print("ESCAPED")
"""
DEPENDS = "whether one is root"
