"""Patches what a variant calls so that it loops, writes files and eats memory; neither its points nor others' change."""

LESSON = "scalar_gradients"
HONEST = 1
CELLS = {
    "d_square": "def d_square(x):\n    return 2 * x",
    "d_poly": """
import copy, math
calls = 0

def trap(x):
    global calls
    calls += 1
    if calls > 6:
        with open("left", "w") as file:
            file.write("x" * 10_000_000)
        kept = [bytearray(10_000_000) for _ in range(20)]
        while True:
            kept.append(bytearray(1_000_000))
    return x

math.fabs = trap
copy.deepcopy = lambda thing: trap(thing)

def d_poly(x):
    return 6 * math.fabs(x) + 4
""",
}
