"""The options of curl that say what is sent, and those that do not matter here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_LETTERS = dict(
    pair.split("=")
    for pair in _names(
        "X=request H=header d=data u=user b=cookie A=user-agent e=referer F=form m=max-time"
        " x=proxy E=cert T=upload-file o=output w=write-out c=cookie-jar K=config r=range"
        " D=dump-header C=continue-at Y=speed-limit y=speed-time z=time-cond U=proxy-user Q=quote"
        " P=ftp-port t=telnet-option G=get I=head k=insecure L=location h=help s=silent"
        " S=show-error v=verbose i=include f=fail g=globoff O=remote-name J=remote-header-name"
        " N=no-buffer #=progress-bar 1=tlsv1.2 4=ipv4 6=ipv6 q=disable"
    )
)
_USED = _names(
    "request header data data-ascii data-raw data-binary data-urlencode json user cookie"
    " oauth2-bearer url"
)
_USED_FLAGS = _names("get head insecure location")
_IDLE = _names("output write-out dump-header stderr trace trace-ascii user-agent referer")
_IDLE_FLAGS = _names(
    "compressed silent show-error verbose include fail fail-with-body remote-name no-buffer"
    " progress-bar globoff http1.1 http2 http3 tlsv1.2 tlsv1.3 ipv4 ipv6 no-keepalive"
    " path-as-is basic no-progress-meter styled-output http2-prior-knowledge"
    " remote-header-name ssl-reqd no-alpn disable help"
)
_VALUED = (
    _USED
    | _IDLE
    | _names(
        "form form-string max-time connect-timeout proxy cert key cacert capath cert-type key-type"
        " pass ciphers resolve upload-file cookie-jar retry retry-delay retry-max-time max-redirs"
        " interface limit-rate range config continue-at proxy-user noproxy connect-to aws-sigv4"
        " unix-socket tls-max dns-servers proto request-target proxy-header speed-limit speed-time"
        " time-cond quote ftp-port max-filesize telnet-option keepalive-time expect100-timeout"
        " url-query socks5 doh-url variable expand-url expand-data expand-header rate local-port"
        " netrc-file output-dir preproxy socks4 socks4a socks5-hostname tls13-ciphers pinnedpubkey"
    )
)
"""All that have a value; of the others, only those that need not be told are listed."""
_OTHERS_FOR_SHORT = _names("netrc location-trusted")
"""Flags that would be taken for one of these, written short, or make it one of two."""


@dataclass(slots=True)
class CurlOptions:
    urls: list[str] = field(default_factory=list)
    given: list[tuple[str, str]] = field(default_factory=list)
    """Options that say what is sent, by their long names, in their order."""
    unused: list[str] = field(default_factory=list)
    """Options that are not taken over, as they were written."""

    def all(self, name: str) -> list[str]:
        return [value for option, value in self.given if option == name]

    def last(self, name: str) -> str | None:
        values = self.all(name)
        return values[-1] if values else None


def curl_options(words: list[str]) -> CurlOptions:
    options = CurlOptions()
    rest = iter(words)
    for word in rest:
        if word == "--":
            options.urls += rest
        elif word.startswith("-") and word != "-":
            for written, name, value in _parted(word, rest):
                if value is not None and name in _USED | _USED_FLAGS:
                    options.given.append((name, value))
                elif value is None or name not in _IDLE | _IDLE_FLAGS:
                    options.unused.append(written)
        else:
            options.urls.append(word)
    options.urls[:0] = options.all("url")
    return options


def _parted(word: str, rest: Iterator[str]) -> Iterator[tuple[str, str, str | None]]:
    """Each option as it was written, its long name, and its value: that of a flag is empty, and
    None is one that lacks."""
    if word.startswith("--"):
        written, equals, value = word[2:].partition("=")
        name = _whole(written)
        if name in _VALUED and not equals:
            yield f"--{name}", name, next(rest, None)
        else:
            yield f"--{name}", name, value
        return
    for end, letter in enumerate(word[1:], start=2):
        name = _LETTERS.get(letter, letter)
        if name in _VALUED:
            yield f"-{letter}", name, word[end:] or next(rest, None)
            return
        yield f"-{letter}", name, ""


def _whole(name: str) -> str:
    """It may be written short, as --loc for --location."""
    known = _VALUED | _USED_FLAGS | _IDLE_FLAGS | _OTHERS_FOR_SHORT
    meant = [each for each in known if each.startswith(name)]
    return meant[0] if len(meant) == 1 and name not in known else name
