"""Evidence from both ends to cause, explanation and remedy: see :mod:`.diagnose`."""
