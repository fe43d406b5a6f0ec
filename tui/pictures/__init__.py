"""Pictures of one network: what was found out about it as a `Plate`, and plates as cells of a terminal or as PNG."""
