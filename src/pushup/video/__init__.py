"""Timestamped frames in, annotated frames out: sources, sinks and drawing."""
