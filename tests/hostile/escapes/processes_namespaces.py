"""Makes namespaces of its own, in which it would be root; it must be refused."""

CELL = """
checked(libc.unshare(0x10000000 | 0x00020000))
print("ESCAPED")
"""
DEPENDS = "whether one is root"
