"""The words: what sponsors, guests and operators read."""
