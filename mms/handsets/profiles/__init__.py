"""What phones can show: our own data, a file for each maker or kind."""
