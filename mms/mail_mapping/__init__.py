"""MM3: mail and MMS, each made from the other as RFC 4356 says. Pure."""
