"""Names that strangers might write into a chain, each an attack on one reader of text."""

HOSTILE = [
    "<img src=x onerror=\"document.title='owned'\"><b>bold</b>",
    "[click](javascript:document.title='owned') **strong** `code` $x^2$ :red[red] :smile:",
    '=HYPERLINK("https://evil.example","click")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "safe\u202etxt.exe\u202c \u200bzero\u200bwidth",
    "A" * 10_000,
    "https://evil.example/steal www.evil.example mail@evil.example",
    "<a href='https://evil.example'>claim your airdrop</a>",
    "Z\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308algo",
    "-2+3",
]
