"""Searches the whole machine for a file of the course; it must not come upon one."""

CELL = """
def seen(folder, depth):
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return False
    return any(
        entry.name == "gradebook.db" or (depth and entry.is_dir(follow_symlinks=False) and seen(entry.path, depth - 1))
        for entry in entries
    )
for start in ("/", "/home", "/root", "/srv", "/opt", "/usr", os.path.dirname(COURSE), COURSE, ROOT):
    if seen(start, 1):
        print("ESCAPED", start)
"""
