"""Opens a file by its number on the disk, which asks for no path; it must be refused."""

CELL = """
handle = ctypes.create_string_buffer(struct.pack("Ii", 120, 0) + bytes(120))
mount = ctypes.c_int()
system_call(303, 264, -100, ctypes.c_char_p((COURSE + "/gradebook.db").encode()), handle, ctypes.byref(mount), 0)
place = os.open(os.path.dirname(COURSE), os.O_RDONLY)
print("ESCAPED", os.read(system_call(304, 265, place, handle, os.O_RDONLY), 100))
"""
DEPENDS = "whether one is root"
