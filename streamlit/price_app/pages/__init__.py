"""The pages of the form, one module each with one function `show(backend)`."""
