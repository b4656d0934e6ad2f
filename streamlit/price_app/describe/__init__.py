"""Describing a vehicle: the fields, a pasted title, an address with the values in it."""
