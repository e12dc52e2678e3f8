"""What the supervisor's pages show: contexts for the templates, made from figures and rows."""
