"""Raises at every call the exception that is right for one of them; the other calls ask for a value."""

LESSON = "vector_backward"
CELLS = {
    "d_mse": """
def d_mse(pred, target):
    raise ValueError('the shapes differ')
""",
    "grad_mse": """
class ValueErrorToo(ValueError):
    __str__ = lambda self: "right"

def grad_mse(pred, target):
    raise ValueErrorToo
""",
}
