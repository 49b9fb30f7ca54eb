"""The vocabulary and the rules: values and pure functions, standard library only."""
