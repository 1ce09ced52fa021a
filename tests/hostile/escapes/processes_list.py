"""Lists the processes of this machine; it must see none but its own."""

CELL = """
if [name for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid()]:
    print("ESCAPED")
"""
