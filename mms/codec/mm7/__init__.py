"""MM7, how an MMS centre and a service provider talk (3GPP TS 23.140 8.7): SOAP with attachments to values and back."""
