"""Where migrations of the central bank find what every institution has now (cbdc.rights)."""

from cbdc.rights import append_only

__all__ = ["append_only"]
