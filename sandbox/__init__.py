"""A tenant to play with; production never imports it."""
