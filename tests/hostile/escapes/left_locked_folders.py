"""Leaves folders, one in another, that are deep and that nobody may enter; nothing of them must be left."""

CELL = """
deepest = os.path.join(tempfile.gettempdir(), MARK, *"deep" * 5)
os.makedirs(deepest)
os.chmod(deepest, 0)
"""
AFTER = """
import shutil
if os.path.exists(os.path.join(tempfile.gettempdir(), MARK)):
    print("ESCAPED")
    shutil.rmtree(os.path.join(tempfile.gettempdir(), MARK))
"""
