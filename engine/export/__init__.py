"""Saved runs in the formats of other tools: one file a format, `formats` says which there are."""
