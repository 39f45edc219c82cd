"""The words of a command as a shell takes it apart: bash and zsh, or cmd of Windows.

shlex is not enough: it knows neither $'…', in which browsers write line breaks and !, nor a line
that goes on behind a backslash, nor the carets of cmd.
"""

from __future__ import annotations

import re

_PIECE = re.compile(
    r"""(?P<continued>\\\r?\n)"""
    r"""|(?P<blank>\s+(?:#[^\n]*)?)"""
    r"""|\$'(?P<ansi>(?:[^'\\]|\\.)*)'"""
    r"""|'(?P<single>[^']*)'"""
    r"""|"(?P<double>(?:[^"\\]|\\.)*)\""""
    r"""|\\(?P<escaped>.)"""
    r"""|(?P<end>\|\|?|&&?|;|[0-9]?>{1,2}|<)"""
    r"""|(?P<plain>[^\s'"\\|&;<>]+)""",
    re.DOTALL,
)
_ANSI = re.compile(
    r"\\(?:x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|([0-7]{1,3})|(.))", re.DOTALL
)
_ANSI_LETTERS = dict(zip("ntrbfvaeE", "\n\t\r\b\f\v\a\x1b\x1b", strict=True))
_VARIABLE = re.compile(r"\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))", re.ASCII)
_OF_CMD = re.compile(r'\^"|\^\r?\n')


def command_words(text: str) -> list[str]:
    """ValueError with half a sentence. Comments are not of the command, nor is what follows a pipe
    or redirection.

    A variable of the shell comes as `environment_mark` of its name.
    """
    return _cmd_words(text) if _OF_CMD.search(text) else _bash_words(text)


def environment_mark(name: str) -> str:
    """In place of a variable, of letters that mean nothing to anybody."""
    return f"__ENV_{name}__"


def _bash_words(text: str) -> list[str]:
    words: list[str] = []
    word: str | None = None
    at = 0
    text = f" {text}"  # so that a comment may be the first of it
    while at < len(text):
        match = _PIECE.match(text, at)
        if match is None:
            raise ValueError(f"a quote is not closed: {text[at : at + 20]}…")
        at = match.end()
        if match["end"] is not None:
            break
        if match["blank"] is not None:
            words += [word] if word is not None else []
            word = None
        elif match["continued"] is None:
            word = (word or "") + _unquoted(match)
    return [*words, word] if word is not None else words


def _unquoted(match: re.Match[str]) -> str:
    if (ansi := match["ansi"]) is not None:
        return _ANSI.sub(_ansi_character, ansi)
    if (double := match["double"]) is not None:
        pieces = re.split(r'(\\(?:\r?\n|["\\$`]))', double)
        return "".join(
            _with_marks(each) if index % 2 == 0 else each[1:].strip("\r\n")
            for index, each in enumerate(pieces)
        )
    if (plain := match["plain"]) is not None:
        return _with_marks(plain)
    single, escaped = match["single"], match["escaped"]
    return single if single is not None else escaped


def _with_marks(text: str) -> str:
    if found := re.search(r"\$\(|`", text):
        raise ValueError(f"{found[0]} is run by a shell; write what it gives in its place")
    return _VARIABLE.sub(lambda match: environment_mark(match[1] or match[2]), text)


def _ansi_character(match: re.Match[str]) -> str:
    hexadecimal = match[1] or match[2] or match[3]
    if hexadecimal or match[4]:
        number = int(hexadecimal, 16) if hexadecimal else int(match[4], 8)
        is_character = number <= 0x10FFFF and not 0xD800 <= number < 0xE000
        return chr(number) if is_character else "�"
    return _ANSI_LETTERS.get(match[5], match[5] if match[5] in "\\'\"?" else f"\\{match[5]}")


def _cmd_words(text: str) -> list[str]:
    """First as cmd does with its carets, then as programs of Windows take quotes apart."""
    line, in_quotes, at = "", False, 0
    while at < len(text):
        character = text[at]
        if character == "^" and not in_quotes:
            at += 1
            if text[at : at + 2] == "\r\n":
                at += 1
            line += text[at : at + 1].replace("\n", "")
            # A second line break is meant: the first one only goes on with the line.
            if text[at : at + 1] == "\n" and text[at + 1 : at + 2] in ("\n", "\r"):
                line += "\n"
                at += 1
        else:
            in_quotes ^= character == '"'
            line += character
        at += 1
    return _windows_arguments(line)


_ARGUMENT_PIECE = re.compile(
    r'(?P<slashes>\\*)(?P<quote>"+)|(?P<blank>\s+)|(?P<plain>\\+|[^\\"\s]+)'
)


def _windows_arguments(line: str) -> list[str]:
    words: list[str] = []
    word: str | None = None
    in_quotes = False
    for match in _ARGUMENT_PIECE.finditer(line):
        if match["quote"]:
            text, in_quotes = _windows_quotes(match, in_quotes)
            word = (word or "") + text
        elif match["blank"] and not in_quotes:
            words += [word] if word is not None else []
            word = None
        else:
            # Browsers double every backslash, not only those before a quote.
            word = (word or "") + match[0].replace("\\\\", "\\")
    if in_quotes:
        raise ValueError("a quote is not closed")
    return [*words, word] if word is not None else words


def _windows_quotes(match: re.Match[str], in_quotes: bool) -> tuple[str, bool]:
    r"""Of `\\"`, each pair of backslashes is one, and a single one makes the quote a character."""
    count, quotes = len(match["slashes"]), len(match["quote"])
    text = "\\" * (count // 2)
    if count % 2:
        text, quotes = text + '"', quotes - 1
    while quotes:
        if in_quotes and quotes >= 2:
            text, quotes = text + '"', quotes - 2
        else:
            in_quotes, quotes = not in_quotes, quotes - 1
    return text, in_quotes
