"""The world: the only package that speaks HTTP, storage, environment and clock."""
