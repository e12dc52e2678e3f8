from policies.models.catalogue import CatalogueVersion, OneThing

__all__ = ["CatalogueVersion", "OneThing"]
