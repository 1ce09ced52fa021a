"""Writes a file larger than a file may be; it must be refused and told."""

CELL = """
with open(tempfile.gettempdir() + "/large", "wb") as file:
    while True:
        file.write(bytes(1 << 20))
"""
NOTE = "wrote a file of more than"
