"""Returns values that a comparison would broadcast, or transposed and extra dimensions; shapes come before values."""

LESSON = "vector_backward"
CELLS = {
    "d_mean_square": """
def d_mean_square(x):
    return (2 * x / len(x))[None, :]
""",
    "vjp_square": """
def vjp_square(x, v):
    return [[2 * a * b] for a, b in zip(x, v)]
""",
    "linear_vjp": """
def linear_vjp(M, v):
    return np.broadcast_to(M.T @ v, (3, M.shape[1]))
""",
}
