"""Makes every check worth a hundred points in the metadata; the gradebook knows what it is worth."""

from nbformat import NotebookNode

LESSON = "chain_rule"
CELLS = {
    "dz_dx": """
def dz_dx(x):
    return 1.0
""",
}


def tamper(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        nbgrader = cell.metadata.get("nbgrader", {})
        if nbgrader.get("grade"):
            nbgrader.update(points=100, checksum="0" * 32)
