"""Leaves files wherever it may write; the next submission must find none, and neither must this machine."""

CELL = """
for folder in ("/tmp", "/var/tmp", "/dev/shm", "/run", "/mnt", ".", "~", tempfile.gettempdir()):
    try:
        open(os.path.join(os.path.expanduser(folder), MARK), "w").write("here")
    except OSError as refused:
        print(refused)
"""
AFTER = """
for folder in ("/tmp", "/var/tmp", "/dev/shm", "/run", "/mnt", ".", "~", tempfile.gettempdir()):
    path = os.path.join(os.path.expanduser(folder), MARK)
    if os.path.exists(path):
        print("ESCAPED", path)
        os.unlink(path)
"""
