from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A piece of the plan: unknown keys and loose types are errors, and nothing changes later."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, serialize_by_alias=True, allow_inf_nan=False
    )
