"""Fills the disk with files; it must be stopped and told."""

CELL = """
for number in range(20):
    with open(f"{tempfile.gettempdir()}/{number}", "wb") as file:
        file.write(bytes(8 << 20))
time.sleep(1)
"""
NOTE = "on the disk"
