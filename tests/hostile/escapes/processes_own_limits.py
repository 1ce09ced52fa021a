"""Gives itself higher limits than it was given; they must stay."""

CELL = """
import resource
for kind in (resource.RLIMIT_AS, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE, resource.RLIMIT_CPU):
    hard = resource.getrlimit(kind)[1]
    try:
        resource.setrlimit(kind, (hard + 1, hard + 1))
        print("ESCAPED", kind)
    except (OSError, ValueError) as refused:
        print(refused)
"""
UNPROVEN = "in every tier a limit is lowered for good"
