"""Brings a configuration for nbgrader that grades nothing and counts everything; only the course's own is read."""

LESSON = "no_grad"
CELLS = {
    "freeze": """
def freeze(t):
    return 1
""",
}
FILES = {
    "nbgrader_config.py": """
c = get_config()
c.Autograde.sanitize_preprocessors = []
c.Autograde.autograde_preprocessors = []
c.Execute.sandbox = "none"
c.AssignLatePenalties.plugin_class = "lenient.Plugin"
""",
    "jupyter_config.json": """
{"Execute": {"sandbox": "none", "timeout": 1}}
""",
    ".jupyter/nbgrader_config.py": """
c.Execute.enabled = False
""",
}
