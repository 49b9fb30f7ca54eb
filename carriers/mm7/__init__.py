"""MM7 over HTTP: a link to an MMS centre as its service provider, and a centre for those who send through us."""
