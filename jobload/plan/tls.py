"""How the target is known over TLS, and how it knows who asks."""

from collections.abc import Iterator

from jobload.plan.strict_model import OptionalFileName, StrictModel


class Tls(StrictModel):
    cert: OptionalFileName = None
    """A PEM file with the client certificate, for a target that asks for one."""
    key: OptionalFileName = None
    """A PEM file with its private key, without a passphrase; by default the file of `cert`."""
    ca: OptionalFileName = None
    """A PEM file with the certificates to trust, instead of those of the system."""
    verify: bool = True
    """Whether the target's certificate is checked at all."""

    def contradictions(self) -> Iterator[tuple[str, str]]:
        if self.key is not None and self.cert is None:
            yield "key", "a key without a cert says nothing; give cert as well"
        if self.ca is not None and not self.verify:
            yield "ca", "nothing is checked against it while verify is false"
