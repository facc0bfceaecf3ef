"""Labelled pictures: readers, records, datasets, augmentation, rendered people."""
