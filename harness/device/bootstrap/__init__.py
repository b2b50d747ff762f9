"""How an application gets certificates over a network that it can already use."""
