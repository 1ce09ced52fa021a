"""Shows a million outputs; a few of them must be kept, and the run go on."""

CELL = """
for number in range(10**6):
    display(number)
"""
NOTE = "did not come to an end"
