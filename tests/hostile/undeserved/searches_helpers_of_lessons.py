"""Calls the private functions of a lesson that its right answers are made of; what a question does not need is not
there.
"""

LESSON = "chain_rule"
FIRST = """
from autograder.lessons import chain_rule
"""
CELLS = {
    "op_names": """
def op_names(t):
    return chain_rule._nodes(t)
""",
    "predicted_signs": """
predicted_signs = {x: math.copysign(1.0, chain_rule.gradient(chain_rule.sine_of_square)(x)) for x in (3, 4)}
""",
}
