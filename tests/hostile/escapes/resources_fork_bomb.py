"""Forks for ever in all of its processes; the machine must stay well and the run must end."""

CELL = """
while True:
    os.fork()
"""
UNPROVEN = "without walls nothing holds it"
