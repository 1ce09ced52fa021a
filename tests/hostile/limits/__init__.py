"""What SECURITY.md does not promise, shown: each file earns points that it does not deserve, and says how many."""
