"""Opens the kernel's settings and switches for writing; it must not see them."""

CELL = """
for setting in ("sys/kernel/core_pattern", "sysrq-trigger", "sys/vm/overcommit_memory"):
    try:
        os.open(f"/proc/{setting}", os.O_WRONLY)
        print("ESCAPED", setting)
    except OSError as refused:
        print(refused)
"""
DEPENDS = "whether one is root"
