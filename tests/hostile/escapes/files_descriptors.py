"""Goes to the course through descriptors that were open before it started; there must be none but its own socket."""

CELL = """
found = []
for number in range(3, 4096):
    try:
        found.append(os.open("../" * 40 + COURSE.lstrip("/") + "/gradebook.db", os.O_RDONLY, dir_fd=number))
    except OSError:
        pass
if found:
    print("ESCAPED")
"""
UNPROVEN = "no tier leaves a directory open"
