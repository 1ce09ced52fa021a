"""Reads another process's memory by the system call for it; it must be refused."""

CELL = """
here = ctypes.create_string_buffer(8)
local = (ctypes.c_void_p * 2)(ctypes.addressof(here), 8)
there = (ctypes.c_void_p * 2)(ctypes.addressof(here), 8)
try:
    system_call(310, 270, PID, local, 1, there, 1, 0)
    print("ESCAPED")
except OSError as refused:
    # The address means nothing there, but it was looked up.
    print("ESCAPED" if refused.errno == 14 else refused)
"""
DEPENDS = "whether one is root"
