"""Whether a difference is real: one file a method, each saying what it assumes. Knows numbers, not runs."""
