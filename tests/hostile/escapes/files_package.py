"""Puts a module into this package, where the next submission would import it; nothing must be written."""

CELL = """
with open(os.path.join(ROOT, "autograder", MARK + ".py"), "w") as file:
    file.write("print('ESCAPED')")
"""
AFTER = """
__import__("autograder." + MARK)
"""
DEPENDS = "whether one may write into the package"
