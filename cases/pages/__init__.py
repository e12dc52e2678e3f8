"""What the pages show: contexts for the templates, made from rows and rules.

Rules and verbs live elsewhere; a page only calls them.
"""
