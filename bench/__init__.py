"""Speed and scale, measured. Runs what the other packages hold; nothing imports it."""
