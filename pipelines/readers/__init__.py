"""Files to captures: what a person already has, filed like what was fetched."""
