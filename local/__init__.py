"""The stack as processes on one machine, without Docker."""
