"""Calls a server on this machine over TCP; no call must arrive."""

CELL = """
socket.create_connection(("127.0.0.1", TCP), 1)
"""
