"""Copies what another student has handed in; it must not find it."""

CELL = """
import shutil
here = os.path.join(tempfile.mkdtemp(), "copied.ipynb")
shutil.copy(COURSE + "/submitted/ada/01_scalar_gradients/01_scalar_gradients.ipynb", here)
print("ESCAPED", open(here).read())
"""
