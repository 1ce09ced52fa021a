"""Sends a signal with a value by the calls that programs hardly use; they must be refused too."""

CELL = """
value = ctypes.create_string_buffer(struct.pack("iii", signal.SIGCONT, 0, -1) + bytes(116))
one = int(signal.SIGCONT)
for call in ((129, 138, PID, one, value), (200, 130, PID, one), (234, 131, PID, PID, one), (297, 240, PID, PID, one, value)):
    try:
        system_call(*call)
        print("ESCAPED", call[0])
    except OSError as refused:
        print(refused)
"""
