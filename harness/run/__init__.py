"""Run a plan of cases and tell, as a stream of events, what happened."""
