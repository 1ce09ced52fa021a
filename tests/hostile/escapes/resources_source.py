"""Compiles a million brackets, one in the other; the process may end, and nothing else."""

CELL = """
for text in ("(" * 10**6, "-" * 10**6 + "1", "[" * 10**5 + "]" * 10**5, "a." * 10**5 + "a"):
    try:
        eval(text)
    except (SyntaxError, MemoryError, RecursionError, NameError) as error:
        print(type(error))
"""
UNPROVEN = "in every tier it ends its own process"
