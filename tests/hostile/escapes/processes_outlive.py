"""Takes back that it ends with the process that watches it; it must be refused."""

CELL = """
# PR_SET_PDEATHSIG
checked(libc.prctl(1, 0, 0, 0, 0))
print("ESCAPED")
"""
