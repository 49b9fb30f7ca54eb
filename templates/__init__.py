"""Texts and looks, no decisions."""
