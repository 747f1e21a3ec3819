"""Equality of what is open: a hold or a lease in a block is equal to the answer that placed it."""

from msgspec import Struct, structs


class EqualByFields:
    """Equal to an answer with the same fields and the same values, open or not."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        if not isinstance(self, Struct) or not isinstance(other, Struct):
            return NotImplemented
        if other.__struct_fields__ != self.__struct_fields__:
            return NotImplemented
        return structs.astuple(self) == structs.astuple(other)

    def __hash__(self) -> int:
        return super().__hash__()
