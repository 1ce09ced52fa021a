"""Watches the course to see when others' files come; it must not be told."""

CELL = """
system_call(254, 27, system_call(294, 26, 0), ctypes.c_char_p(COURSE.encode()), 0xFFF)
print("ESCAPED")
"""
