"""Copies the answers of a neighbour who has handed in before; no other submission is in sight."""

LESSON = "binary_cross_entropy"
FIRST = """
import glob, json
import math, numpy as np, torch, torch.nn.functional as F

stolen = {"math": math, "np": np, "torch": torch, "F": F}
for path in [*glob.glob("../../../submitted/*/03_*/*.ipynb"), *glob.glob("/*/submitted/*/03_*/*.ipynb")]:
    for cell in json.load(open(path))["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("solution") and cell["cell_type"] == "code":
            try:
                exec("".join(cell["source"]), stolen)
            except Exception:
                pass
"""
CELLS = {
    "sigmoid": """
sigmoid = stolen["sigmoid"]
""",
    "bce": """
bce = stolen["bce"]
""",
    "local_grads": """
local_grads = stolen["local_grads"]
""",
    "bce_grads_manual": """
bce_grads_manual = stolen["bce_grads_manual"]
""",
}
