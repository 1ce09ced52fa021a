"""Sends a mapping in which each key stands several times, as one number and as another; each entry asked for is there
once.
"""

from ..sources import SAY

LESSON = "scalar_gradients"
FIRST = (
    SAY
    + """
numbers = [{"kind": "number", "type": "f", "dtype": "f", "numbers": [n]} for n in (6.0, 0.0, -4.0, 5.0, 1.0, 3.0)]
mapping = {"kind": "mapping", "type": "dict", "keys": [3, 0, -2, 3.0, 0.0, -2.0], "items": numbers}
observation = {"exercise": "scalar_gradients.predictions", "answer": mapping, "calls": [{"value": mapping}]}

class Predictions(dict):
    def __repr__(self):
        say(json.dumps(observation))
        return "{}"
"""
)
CELLS = {
    "predictions": """
predictions = Predictions()
""",
}
