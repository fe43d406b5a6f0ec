"""What people see: the command line and the terminal application, both on top of the engine."""
