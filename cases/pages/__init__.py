"""What the pages show: contexts for the templates, made from rows and rules.

Nothing is decided and nothing is written here.
"""
