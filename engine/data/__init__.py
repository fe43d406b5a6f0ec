"""Where the images come from: one module a source; `catalog` describes the named ones without loading any."""
