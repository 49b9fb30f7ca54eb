"""Providers behind HTTP, each told by a description: a file that says how a request is made and an answer read."""
