"""Types into terminals of this machine; it must have none but its own."""

CELL = """
import fcntl, glob
for terminal in ("/dev/tty", "/dev/console", *glob.glob("/dev/pts/[0-9]*"), *glob.glob("/dev/tty[0-9]*")):
    try:
        fcntl.ioctl(os.open(terminal, os.O_RDWR | os.O_NOCTTY), 0x5412, b"\\n")
        print("ESCAPED", terminal)
    except OSError as refused:
        print(refused)
"""
UNPROVEN = "it would type on the terminal of who runs this"
