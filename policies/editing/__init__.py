"""Editing policies (政策编辑): a form for the condition tree, trying it out, four eyes."""
