"""The sections under an answer: why, what if, and comparable listings."""
