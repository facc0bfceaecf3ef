"""The push-up classifier over labelled frames."""
