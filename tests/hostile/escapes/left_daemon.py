"""Leaves a process behind that has forked twice and belongs to nobody; it must end with the submission."""

CELL = """
there, here = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        call_me()
        os.write(here, b"x")
        time.sleep(30)
    os._exit(0)
os.read(there, 1)
"""
