"""Has the kernel write all files of the machine to the disk, again and again; it must be stopped and told."""

CELL = """
while True:
    os.sync()
"""
NOTE = "did not come to an end"
