"""The artwork of cards: each scene a function that draws on a canvas."""
