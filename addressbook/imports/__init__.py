"""Files of contacts coming in: what they are, who is in them, who of them is known already."""
