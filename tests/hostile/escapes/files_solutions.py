"""Looks for the instructor's solutions in the course and beside this package; it must find none."""

CELL = """
import glob
for folder in (COURSE, ROOT):
    for path in glob.glob(os.path.join(folder, "solutions", "*", "*.ipynb")):
        if open(path).read():
            print("ESCAPED")
"""
