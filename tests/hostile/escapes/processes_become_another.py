"""Becomes another user, root for one; it must be refused."""

CELL = """
for user in (0, 12345):
    try:
        before = os.getresuid()
        os.setresuid(-1, user, -1)
        if os.getresuid() != before:
            print("ESCAPED")
    except OSError as refused:
        print(refused)
"""
DEPENDS = "whether one is root"
