"""Style, script and form of the page of a report."""
