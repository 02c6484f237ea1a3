"""The rules of guest reviews: pure functions from values to values."""
