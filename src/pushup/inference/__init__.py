"""From an image to keypoints in frame space: predictors, their backends, region tracking."""
