"""A file of many vehicles: its columns, the job that prices it, the results."""
