"""Makes a node for the machine's disk and for its memory, and opens it; neither must be possible."""

CELL = """
import stat
for kind, number in ((stat.S_IFBLK, os.stat("/").st_dev), (stat.S_IFCHR, os.makedev(1, 1))):
    node = os.path.join(tempfile.gettempdir(), MARK)
    try:
        os.mknod(node, kind | 0o600, number)
        print("ESCAPED", os.open(node, os.O_RDONLY))
    except OSError as refused:
        print(refused)
    finally:
        if os.path.exists(node): os.unlink(node)
"""
DEPENDS = "whether one is root"
