"""Claims of every variant that is asked for that it is right, by a patched runner; what is found changes no points."""

from ..sources import CLAIMED

LESSON = "scalar_gradients"
FIRST = (
    CLAIMED
    + """
import gc, json, types

def forged(exercise, namespace, sources, cases, *rest):
    class Claim:
        def to_json(self):
            return claimed(exercise.id, len(cases), 1.0)
    return [Claim() for _ in sources] * 100

for thing in gc.get_objects():
    if isinstance(thing, types.ModuleType) and getattr(thing, "run_variants", None) is not None:
        thing.run_variants = forged
    elif isinstance(thing, dict) and "run_variants" in thing:
        thing["run_variants"] = forged
"""
)
CELLS = {"d_poly": "def d_poly(x):\n    return 6 * x + 4", "d_square": "def d_square(x):\n    return x"}
