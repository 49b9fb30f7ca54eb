"""MM4: a link to another MMS centre, by mail."""
