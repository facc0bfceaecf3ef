"""Many videos: a folder, a glob or a manifest, here or in an object store, on any engine."""
