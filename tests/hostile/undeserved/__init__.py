"""Attacks on the points, a file each. Their sources are texts, so that nothing here runs them."""
