"""The machine interface (接口): JSON only, for signed-in users, with the scopes of the pages."""
