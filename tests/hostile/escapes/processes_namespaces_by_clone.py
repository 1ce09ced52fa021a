"""Makes namespaces with a new process, by both calls that there are; both must be refused."""

CELL = """
arguments = ctypes.create_string_buffer(struct.pack("8Q", 0x10000000, 0, 0, 0, 17, 0, 0, 0))
for call in ((56, 220, 0x10000000 | 17, 0, 0, 0, 0), (435, 435, arguments, 64)):
    try:
        child = system_call(*call)
        if child == 0:
            os._exit(0)
        os.waitpid(child, 0)
        print("ESCAPED")
    except OSError as refused:
        print(refused)
"""
DEPENDS = "whether one is root"
