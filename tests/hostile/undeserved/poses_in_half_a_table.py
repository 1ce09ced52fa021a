"""Answers one row of a table and leaves the others out, so that all that can be read is right; what is missing counts
as wrong.
"""

LESSON = "no_grad"
CELLS = {
    "truth_table": """
truth_table = {
    "requires_grad_(False)": {
        "value": 2.0, "requires_grad": False, "has a grad_fn": False, "is_leaf": True, "shares storage": True,
    },
    "detach()": None,
    "no_grad()": {},
}
""",
}
HONEST = 1.0
