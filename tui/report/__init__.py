"""`termlab report`: what a preset found, as a section of a paper: `build` says what, one file a format says how."""
