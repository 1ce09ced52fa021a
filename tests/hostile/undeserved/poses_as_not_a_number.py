"""Returns nan and infinity, which some comparisons let pass; the right answer is finite, so they are refused."""

LESSON = "binary_cross_entropy"
CELLS = {
    "bce": """
def bce(p, y):
    return float('nan')
""",
    "dL_dz": """
def dL_dz(z, y):
    return float('inf')
""",
    "bce_grads_manual": """
def bce_grads_manual(x, y, w, b):
    return np.nan, -np.inf
""",
}
