"""Fetches a page by Python's own library; no call must arrive."""

CELL = """
import urllib.request
urllib.request.urlopen(f"http://127.0.0.1:{TCP}", timeout=0.5)
"""
