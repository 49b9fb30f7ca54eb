"""Dialects that come with the hub, one file each (docs/mm7.md)."""
