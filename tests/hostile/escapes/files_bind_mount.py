"""Mounts the course where it may read; it must not mount anything."""

CELL = """
here = tempfile.mkdtemp()
checked(libc.mount(COURSE.encode(), here.encode(), None, 4096, None))
try:
    print("ESCAPED", open(here + "/gradebook.db").read())
finally:
    libc.umount2(here.encode(), 2)
"""
DEPENDS = "whether one is root"
