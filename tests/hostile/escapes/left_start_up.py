"""Leaves files that IPython and matplotlib read when they start; the next submission must find none."""

CELL = """
folders = os.path.expanduser("~/.ipython/profile_default/startup"), os.environ.get("IPYTHONDIR"), os.environ.get("MPLCONFIGDIR")
for folder in filter(None, folders):
    os.makedirs(folder, exist_ok=True)
    open(os.path.join(folder, MARK + ".py"), "w").write("print('ESCAPED')")
"""
AFTER = """
folders = os.path.expanduser("~/.ipython/profile_default/startup"), os.environ.get("IPYTHONDIR"), os.environ.get("MPLCONFIGDIR")
for path in (os.path.join(folder, MARK + ".py") for folder in folders if folder):
    if os.path.exists(path):
        print("ESCAPED", path)
        os.unlink(path)
"""
