"""The real program in real processes: killed, signalled, hung up, starved and lied to."""
