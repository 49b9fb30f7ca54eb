"""The demo: a hub, an operator, phones and people on this machine, and the story they play."""
