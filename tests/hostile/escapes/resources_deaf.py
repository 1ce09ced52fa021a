"""Ignores every interrupt; the run must end and say so."""

CELL = """
while True:
    try:
        while True:
            time.sleep(0.01)
    except BaseException:
        pass
"""
NOTE = "could not be interrupted"
