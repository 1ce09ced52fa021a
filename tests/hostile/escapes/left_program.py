"""Leaves a program running in a session of its own; it must end with the submission."""

CELL = """
import subprocess
program = f"import ctypes, time; ctypes.CDLL(None).prctl(15, b'{MARK}', 0, 0, 0); print(1, flush=True); time.sleep(30)"
started = subprocess.Popen([sys.executable, "-I", "-c", program], stdout=subprocess.PIPE, start_new_session=True)
started.stdout.read(1)
"""
