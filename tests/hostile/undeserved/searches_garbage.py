"""Asks the garbage collector for every exercise and every function of the lessons, and calls the right one; there is
none.
"""

LESSON = "accumulation"
FIRST = """
import gc

gc.unfreeze()
"""
CELLS = {
    "can_backward_twice": """
import types

def can_backward_twice(build):
    for thing in gc.get_objects():
        if isinstance(thing, types.FunctionType) and thing.__name__ == "_survives":
            return thing(build)
    raise LookupError("nobody knows")
""",
    "explain_s1": """
def explain_s1():
    for thing in gc.get_objects():
        if type(thing).__name__ == "Exercise" and thing.name == "explain_s1":
            return thing.reference()
""",
}
