"""What is shown of the model and its health."""
