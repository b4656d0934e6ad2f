"""The answer: the price with its range, and what is told of it."""
