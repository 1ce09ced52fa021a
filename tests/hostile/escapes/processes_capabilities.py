"""Uses what rights of root it may have been left; there must be none, and no way to get one."""

CELL = """
header, sets = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
checked(libc.capget(header, sets))
if any(sets):
    print("ESCAPED", list(sets))
"""
DEPENDS = "whether one is root"
