"""One TOML file an experiment; the file name is the name of the preset."""
