"""Answers by hand with the slope of a secant whose ends are a helper's arguments; what is divided by their difference says
what it is.
"""

LESSON = "scalar_gradients"
CELLS = {
    "d_poly": """
def slope(left, right, f):
    return (f(right) - f(left)) / (right - left)

def d_poly(x):
    return slope(x - 1e-5, x + 1e-5, lambda t: 3 * t * t - 4 * t + 5)
""",
}
