"""Keeps a key in the kernel, where other processes of the user find it; it must be refused."""

CELL = """
name, text = (ctypes.c_char_p(one) for one in (MARK.encode(), b"here"))
key = system_call(248, 217, ctypes.c_char_p(b"user"), name, text, 4, -4)
print("ESCAPED")
system_call(250, 219, 9, key, -4)
"""
DEPENDS = "whether the kernel keeps keys"
