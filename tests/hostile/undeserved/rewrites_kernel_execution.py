"""Replaces the kernel's own `do_execute` by one that answers ok to everything; the sandbox has no kernel."""

LESSON = "accumulation"
FIRST = """
kernel = getattr(get_ipython(), "kernel", None)
if kernel is not None:
    async def do_execute(*_, **__):
        return {"status": "ok", "execution_count": 1, "payload": [], "user_expressions": {}}

    kernel.do_execute = do_execute
"""
