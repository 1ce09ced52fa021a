"""Gives a submission an earlier time, so that it was not late; its time must stay."""

CELL = """
os.utime(COURSE + "/submitted/ada/01_scalar_gradients/01_scalar_gradients.ipynb", (0, 0))
print("ESCAPED")
"""
