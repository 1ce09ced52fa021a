"""Takes the library's own function for the one that is asked for, under another name; it shows in what was run."""

LESSON = "vector_backward"
CELLS = {
    "jacobian": """
from torch.autograd.functional import jacobian as rows

def jacobian(f, x):
    return rows(f, x)
""",
}
