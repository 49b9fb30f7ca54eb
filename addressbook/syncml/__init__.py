"""SyncML 1.0 to 1.2 (OMA DS) as a server of address books speaks it: documents, commands, sessions. Pure."""
