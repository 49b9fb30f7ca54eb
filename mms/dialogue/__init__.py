"""Dialogues by SMS: a phone that has nothing else makes a card."""
