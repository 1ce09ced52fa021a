"""Has room kept for a file that is deleted and seems empty, past the size that a file may have; it must be refused."""

CELL = """
with tempfile.TemporaryFile(dir=".") as file:
    # FALLOC_FL_KEEP_SIZE
    system_call(285, 47, file.fileno(), 1, 0, 48 << 20)
    if os.fstat(file.fileno()).st_blocks * 512 > 32 << 20:
        print("ESCAPED")
"""
DEPENDS = "whether the file system keeps room"
