from collections.abc import Iterator
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError


class Part(BaseModel):
    """A piece of the plan: unknown keys and loose types are errors, and nothing changes later."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        serialize_by_alias=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
    )

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """What single fields can't show: the key it is about ("" for the whole) and a sentence."""
        yield from ()

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        found = [_error(key, sentence) for key, sentence in self.contradictions()]
        if found:
            raise ValidationError.from_exception_data(type(self).__name__, found)
        return self


def _error(key: str, sentence: str) -> InitErrorDetails:
    kind = PydanticCustomError("contradiction", "{sentence}", {"sentence": sentence})
    return InitErrorDetails(type=kind, loc=(key,) if key else (), input=None)
