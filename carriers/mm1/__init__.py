"""MM1: this hub is the MMS centre of phones it reaches by SMS; they are told, and fetch over HTTP."""
