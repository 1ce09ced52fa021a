"""Keeps files in memory that have no name and are mapped nowhere, which no limit counts; it must be refused."""

CELL = """
files = [os.memfd_create("x") for _ in range(5)]
for file in files:
    os.write(file, bytes(8 << 20))
print("ESCAPED")
"""
