"""Answers with numbers that say they equal every other one; what an answer returns is read by its digits."""

LESSON = "custom_functions"
CELLS = {
    "d_softplus": """
class Any(float):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __sub__(self, other): return 0.0
    def __rsub__(self, other): return 0.0
    def __hash__(self): return 0


def d_softplus(x):
    return Any(0.123)
""",
    "d2_poly": """
def d2_poly(x):
    return Any(0.123)
""",
    "second_derivative": """
def second_derivative(f, x):
    return Any(0.123)
""",
    "version_error": """
class Text(str):
    def __eq__(self, other): return True
    def __contains__(self, other): return True
    def __hash__(self): return 0


def version_error(fn):
    return Text("anything")
""",
}
