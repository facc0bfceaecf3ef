"""Keypoint networks over labelled pictures: PCKs and MAE with intervals, tables, pictures."""
