from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

_NAMES_A_FILE = "names a file"
FileName = Annotated[str, Field(min_length=1), _NAMES_A_FILE]
OptionalFileName = Annotated[str | None, Field(min_length=1), _NAMES_A_FILE]


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

    def beside(self, folder: Path) -> Self:
        """With its files, and those of its parts, named relative to the file that names them."""
        moved: dict[str, Any] = {}
        for name, field in type(self).model_fields.items():
            value = getattr(self, name)
            if _NAMES_A_FILE not in field.metadata:
                moved[name] = _beside(value, folder)
            elif value is not None:
                moved[name] = str(folder / value)
        changed = {name: value for name, value in moved.items() if value != getattr(self, name)}
        return self.model_copy(update=changed) if changed else self

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        own = (vars(each)["contradictions"] for each in type(self).__mro__ if _objects(each))
        found = [_error(key, sentence) for say in own for key, sentence in say(self)]
        if found:
            raise ValidationError.from_exception_data(type(self).__name__, found)
        return self


def _beside(value: Any, folder: Path) -> Any:
    if isinstance(value, StrictModel):
        return value.beside(folder)
    if isinstance(value, tuple):
        return tuple(_beside(each, folder) for each in value)
    if isinstance(value, dict):
        return {key: _beside(each, folder) for key, each in value.items()}
    return value


def _objects(ancestor: type) -> bool:
    return "contradictions" in vars(ancestor)


def _error(key: str, sentence: str) -> InitErrorDetails:
    kind = PydanticCustomError("contradiction", "{sentence}", {"sentence": sentence})
    return InitErrorDetails(type=kind, loc=(key,) if key else (), input=None)
