"""Chores of whoever maintains this repository; nothing here is deployed."""
