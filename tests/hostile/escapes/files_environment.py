"""Puts a file into the environment that every Python there would run when it starts; nothing must be written."""

CELL = """
import sysconfig
with open(os.path.join(sysconfig.get_path("purelib"), MARK + ".pth"), "w") as file:
    file.write("# import harm")
"""
DEPENDS = "whether one may write into the environment"
