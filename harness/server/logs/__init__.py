"""Logs of FreeRADIUS servers that somebody else runs, in the forms in which people have them."""
