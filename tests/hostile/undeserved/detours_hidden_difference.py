"""Answers by hand with a finite difference that says it wraps an innocent function; both are read."""

LESSON = "scalar_gradients"
CELLS = {
    "d_poly": """
def innocent(x):
    return 6 * x

def d_poly(x):
    h = 1e-5
    return (3 * (x + h) ** 2 - 4 * (x + h) - 3 * (x - h) ** 2 + 4 * (x - h)) / (2 * h)

d_poly.__wrapped__ = innocent
""",
}
