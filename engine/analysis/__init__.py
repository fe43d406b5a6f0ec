"""Questions asked of trained networks, one file each: they take loaded runs and return arrays, and draw nothing."""
