"""Forks for ever; there must never be more processes than it may have."""

CELL = """
children = []
try:
    while len(children) < 100:
        child = os.fork()
        if child == 0:
            time.sleep(30)
            os._exit(0)
        children.append(child)
    print("ESCAPED")
finally:
    for child in children:
        os.kill(child, signal.SIGKILL)
"""
UNPROVEN = "without walls nothing holds it"
