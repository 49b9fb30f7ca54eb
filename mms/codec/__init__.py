"""Octets and text of MMS: WSP headers, PDUs, multipart, SMIL, WAP push, MM7, MM4, small media formats. Pure."""
