"""Mounts by the newer system calls, for which filters are often forgotten; they must be refused too."""

CELL = """
tree = system_call(428, 428, -100, ctypes.c_char_p(COURSE.encode()), 1)
print("ESCAPED", open("gradebook.db", opener=lambda path, flags: os.open(path, flags, dir_fd=tree)).read())
"""
DEPENDS = "whether one is root"
