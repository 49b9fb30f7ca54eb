"""Mail told by SMS, and SMS answered by mail."""
