"""Articles and captures in the forms of other programs: rows in, bytes out; nothing here reads the archive."""
