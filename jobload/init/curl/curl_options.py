"""The options of curl that say what is sent, and those that do not matter here."""

from __future__ import annotations

from dataclasses import dataclass, field
from getopt import GetoptError, gnu_getopt


def _by_letter(text: str) -> dict[str, str]:
    return dict(pair.split("=") for pair in text.split())


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_LONG_NAMES = _by_letter(
    "X=request H=header d=data u=user b=cookie A=user-agent e=referer F=form G=get I=head"
    " k=insecure L=location m=max-time x=proxy E=cert T=upload-file o=output w=write-out"
    " c=cookie-jar K=config r=range D=dump-header C=continue-at Y=speed-limit y=speed-time"
    " z=time-cond U=proxy-user h=help Q=quote P=ftp-port t=telnet-option"
)
_USED = _names(
    "request header data data-ascii data-raw data-binary data-urlencode json user cookie"
    " oauth2-bearer url"
)
_USED_FLAGS = {"get", "head", "insecure", "location"}
_UNUSED = _names(
    "user-agent referer form form-string max-time connect-timeout proxy cert key cacert"
    " capath cert-type key-type pass ciphers resolve upload-file cookie-jar retry"
    " retry-delay retry-max-time max-redirs interface limit-rate range config continue-at"
    " proxy-user noproxy connect-to aws-sigv4 unix-socket tls-max dns-servers proto"
    " request-target proxy-header speed-limit speed-time time-cond quote ftp-port"
    " max-filesize telnet-option keepalive-time expect100-timeout url-query socks5 doh-url"
    " variable expand-url expand-data expand-header rate local-port"
)
_UNUSED_FLAGS = _names(
    "digest ntlm negotiate anyauth http1.0 tcp-nodelay parallel next location-trusted"
    " post301 post302 post303 netrc junk-session-cookies"
)
_IDLE = {"output", "write-out", "dump-header", "stderr", "trace", "trace-ascii"}
_IDLE_FLAGS = _names(
    "compressed silent show-error verbose include fail fail-with-body remote-name no-buffer"
    " progress-bar globoff http1.1 http2 http3 tlsv1.2 tlsv1.3 ipv4 ipv6 no-keepalive"
    " path-as-is basic no-progress-meter styled-output http2-prior-knowledge"
    " remote-header-name ssl-reqd no-alpn disable help"
)
_FLAG_LETTERS = _by_letter(
    "s=silent S=show-error v=verbose i=include f=fail g=globoff O=remote-name"
    " J=remote-header-name N=no-buffer #=progress-bar 0=http1.0 1=tlsv1.2 4=ipv4 6=ipv6 q=disable"
    " n=netrc j=junk-session-cookies Z=parallel a=append l=list-only M=manual p=proxytunnel"
    " B=use-ascii R=remote-time V=version"
)
_FLAGS_OF_LETTERS = {"G", "I", "k", "L", "h"}


@dataclass(slots=True)
class CurlOptions:
    urls: list[str]
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
    unknown: list[str] = []
    while True:
        try:
            parsed, urls = gnu_getopt(words, _short(), _long())
            break
        except GetoptError as error:
            words = _without(words, error.opt, error.msg)
            unknown.append(f"-{error.opt}" if len(error.opt) == 1 else f"--{error.opt}")
    options = CurlOptions(urls, unused=unknown)
    for written, value in parsed:
        letter_or_name = written.lstrip("-")
        name = _LONG_NAMES.get(letter_or_name) or _FLAG_LETTERS.get(letter_or_name, letter_or_name)
        if name in _USED | _USED_FLAGS:
            options.given.append((name, value))
        elif name not in _IDLE | _IDLE_FLAGS | {"user-agent", "referer"}:
            options.unused.append(written)
    return options


def _short() -> str:
    valued = (letter for letter in _LONG_NAMES if letter not in _FLAGS_OF_LETTERS)
    return "".join(f"{letter}:" for letter in valued) + "".join(
        [*_FLAGS_OF_LETTERS, *_FLAG_LETTERS]
    )


def _long() -> list[str]:
    valued = [f"{name}=" for name in sorted(_USED | _UNUSED | _IDLE)]
    return [*valued, *sorted(_USED_FLAGS | _UNUSED_FLAGS | _IDLE_FLAGS)]


def _without(words: list[str], option: str, message: str) -> list[str]:
    """Without the word that is no option known here, or lacks its value."""
    if message.startswith("option --"):
        # It may be written short, as --loc for --location.
        names = [word.partition("=")[0] if word[2:] else "" for word in words]
        _, _, at = max(
            (name == f"--{option}", name != "" and f"--{option}".startswith(name), number)
            for number, name in enumerate(names)
        )
        return [*words[:at], *words[at + 1 :]]
    at = next(
        n
        for n, word in enumerate(words)
        if word.startswith("-") and not word.startswith("--") and option in word
    )
    rest = words[at].replace(option, "", 1) if "not recognized" in message else "-"
    return [*words[:at], *([rest] if len(rest) > 1 else []), *words[at + 1 :]]
