from collections.abc import Iterator
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError


class StrictModel(BaseModel):
    """A piece of the plan: unknown keys and loose types are errors, and nothing changes later."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        serialize_by_alias=True,
        allow_inf_nan=False,
        defer_build=True,  # most runs need few of the models
    )

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """What single fields can't show: the key it is about ("" for the whole) and a sentence.

        Each class of a part's ancestry has its say.
        """
        yield from ()

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        own = (vars(each)["contradictions"] for each in type(self).__mro__ if _objects(each))
        found = [_error(key, sentence) for say in own for key, sentence in say(self)]
        if found:
            raise ValidationError.from_exception_data(type(self).__name__, found)
        return self


def _objects(ancestor: type) -> bool:
    return "contradictions" in vars(ancestor)


def _error(key: str, sentence: str) -> InitErrorDetails:
    kind = PydanticCustomError("contradiction", "{sentence}", {"sentence": sentence})
    return InitErrorDetails(type=kind, loc=(key,) if key else (), input=None)
