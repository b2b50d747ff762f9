"""The server under test: what it shall be, how it is started, and what it said."""
