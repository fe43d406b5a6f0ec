"""Charts as pure functions: runs to a `Figure`, a `Figure` to rows of text. Knows neither Textual nor torch."""
