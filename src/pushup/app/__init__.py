"""The running app: source, predictor, counter, overlay and records in one loop."""
