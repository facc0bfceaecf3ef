"""Damaged files thrown at every reader: each has to be read, or refused in one line."""
