"""Looks below /usr/local/share, where nbgrader's exchange is when nobody says otherwise; it must see nothing."""

CELL = """
if os.listdir("/usr/local/share") or os.listdir("/usr/src"):
    print("ESCAPED")
"""
