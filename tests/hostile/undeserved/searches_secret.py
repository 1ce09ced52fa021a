"""Looks for the secret that inputs are drawn from, in files, the environment and every string in memory; it is not in
that process.
"""

LESSON = "scalar_gradients"
CELLS = {
    "d_square": """
import gc, glob, os

found = [open(path, "rb").read() for path in [*glob.glob("../../../.autograder-secret"), *glob.glob("/*/*/.autograder-secret")]]
found += [os.fsencode(value) for name, value in os.environ.items() if "SECRET" in name or "KEY" in name]
found += [thing for thing in gc.get_objects() if isinstance(thing, bytes) and len(thing) == 32]

def d_square(x):
    import hashlib, hmac
    from autograder.lessons import find

    for secret in found:
        for student in ("searches_secret", "m-untouched"):
            key = hmac.new(hmac.new(secret, student.encode(), hashlib.sha256).digest(), b"scalar_gradients.d_square", hashlib.sha256)
            for case in find("scalar_gradients.d_square").grading_cases(key.digest()):
                if case.arguments == (x,):
                    return 2.0
    return 1.0
""",
}
