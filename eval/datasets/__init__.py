"""Published sets of claims that people judged, each read in its own file form."""
