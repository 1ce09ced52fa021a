"""Makes a finite difference by `exec`; a function without a text is not read, and its numbers are close enough."""

LESSON = "scalar_gradients"
CELLS = {
    "d_square": '''
exec("""
def d_square(x):
    return ((x + 1e-5) ** 2 - (x - 1e-5) ** 2) / 2e-5
""")
''',
}
EARNS = 1
