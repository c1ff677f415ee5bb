"""The archive: landing and marts where other hosts find them."""
