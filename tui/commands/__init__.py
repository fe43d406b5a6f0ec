"""One file a group of commands; each adds itself to the application with `add_to`."""
