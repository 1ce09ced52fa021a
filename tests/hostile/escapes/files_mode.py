"""Makes the gradebook writable for all; its mode must stay."""

CELL = """
os.chmod(COURSE + "/gradebook.db", 0o666)
print("ESCAPED")
"""
