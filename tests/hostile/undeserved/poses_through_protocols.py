"""Returns an object that becomes an array only when somebody asks, another one each time; it is neither number nor
array, and not asked.
"""

LESSON = "binary_cross_entropy"
CELLS = {
    "sigmoid": """
class Protocol:
    turn = 0

    def __array__(self, *_, **__):
        Protocol.turn += 1
        return np.full((), [0.0, np.nan, np.inf][Protocol.turn % 3])

    __array_interface__ = {"shape": (), "typestr": "<f8", "data": (0, True), "version": 3}
    __float__ = __index__ = __int__ = lambda self: 1

def sigmoid(z):
    return Protocol()
""",
}
