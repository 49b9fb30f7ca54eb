"""vCard 2.1, 3.0 and 4.0: cards of a file, lines of a card, what they say, and the way from one version to another."""
