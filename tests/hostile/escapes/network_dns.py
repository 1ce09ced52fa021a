"""Asks for a name, which is a way to tell something to who answers; there must be no answer."""

CELL = """
print("ESCAPED", socket.getaddrinfo("example.org", 443))
"""
DEPENDS = "whether the machine has a network"
