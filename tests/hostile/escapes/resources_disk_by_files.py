"""Makes a hundred thousand empty files; it must be stopped and told."""

CELL = """
for number in range(100_000):
    os.close(os.open(f"{tempfile.gettempdir()}/{number}", os.O_CREAT | os.O_WRONLY))
"""
NOTE = "too many files, on the disk"
