"""The web form: a client of the price service and of the drift monitor, and nothing more."""
