"""Notebooks that want to run in the browser of who reads them, or to stop the program that reads them, one a file."""
