"""Sends a mapping in which each key stands several times, as one number and as another; each entry asked for is there
once.
"""

from ..sources import TO_GRADER

LESSON = "scalar_gradients"
FIRST = (
    TO_GRADER
    + """
numbers = [{"kind": "number", "type": "f", "dtype": "f", "numbers": [n]} for n in (6.0, 0.0, -4.0, 5.0, 1.0, 3.0)]
mapping = {"kind": "mapping", "type": "dict", "keys": [3, 0, -2, 3.0, 0.0, -2.0], "items": numbers}
observation = {"exercise": "scalar_gradients.predictions", "answer": mapping, "calls": [{"value": mapping}]}
to_grader(b"".join(framed({"id": n, "outputs": [], "observation": json.dumps(observation)}) for n in range(1, 200)))
"""
)
