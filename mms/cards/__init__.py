"""Cards: a template, its fields and media, compiled for a class of handset."""
