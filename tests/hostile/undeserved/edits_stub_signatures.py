"""Answers with a class that takes the exercise's name and a decorator that answers for it; it is one answer like any
other, and wrong.
"""

LESSON = "chain_rule"
CELLS = {
    "d_fanout": """
class Meta(type):
    __call__ = lambda cls, *arguments: cls
    __float__ = __index__ = lambda cls: 1
    __eq__ = lambda *_: True
    __hash__ = type.__hash__

class d_fanout(float, metaclass=Meta):
    pass
""",
}
