"""Answers by hand with a finite difference in a helper that says it belongs to NumPy and is kept in a list; a
function's file says whose it is.
"""

LESSON = "chain_rule"
CELLS = {
    "d_fanout": """
def difference(f, x, h=1e-5):
    return (f(x + h) - f(x - h)) / (2 * h)

difference.__module__ = "numpy"
tools = [difference]

def d_fanout(x):
    return tools[0](lambda t: t * t + t * math.sin(t), x)
""",
}
