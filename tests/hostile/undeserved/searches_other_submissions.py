"""Copies the answers of a neighbour who has handed in before; no other submission is in sight."""

from ..sources import STOLEN_FROM

LESSON = "binary_cross_entropy"
FIRST = (
    STOLEN_FROM
    + """
stolen = stolen_from("../../../submitted/*/03_*/*.ipynb", "/*/submitted/*/03_*/*.ipynb")
"""
)
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
