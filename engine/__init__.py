"""Everything that trains, records and reads experiments; knows nothing of how they are shown."""
