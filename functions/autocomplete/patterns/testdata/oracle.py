"""The rules of the Python patterns, stated in Python, to compare the Go code with.

oracle.py suggest  answers each JSON line {"language", "code", "cursor"} on
                   stdin with a line: [text, trigger], or null
oracle.py classes  prints one letter for every code point: s for white space,
                   w for a word character, o for others, - if not assigned
"""

import json
import re
import sys
import unicodedata

ENDINGS = {
    "def ": "function_name():\n    pass",
    "class ": "ClassName:\n    def __init__(self):\n        pass",
    "for ": "item in items:\n    pass",
    "if ": "condition:\n    pass",
    "while ": "condition:\n    pass",
    "try": ":\n    pass\nexcept Exception as e:\n    pass",
    "import ": "numpy as np",
    "from ": "module import function",
    "with ": "open('file.txt', 'r') as f:\n    pass",
}


def suggest(language, code, cursor):
    if language != "python":
        return None
    units = code.encode("utf-16-le")[: 2 * cursor]
    line = units.decode("utf-16-le", "surrogatepass").split("\n")[-1]
    for ending, text in ENDINGS.items():
        if line.endswith(ending):
            return text, ending.rstrip(" ")
    if line.strip() == "import":
        return " os", "import"
    if re.search(r"\bdef\s+\w*$", line):
        return "():\n    pass", "def"
    if line.endswith("print"):
        return "()", "print"
    if line.strip().endswith("="):
        return " None", "="
    return None


def letter(char):
    if unicodedata.category(char) == "Cn":
        return "-"
    if re.match(r"\s", char):
        return "s"
    return "w" if re.match(r"\w", char) else "o"


if sys.argv[1] == "suggest":
    for row in sys.stdin:
        print(json.dumps(suggest(**json.loads(row))))
else:
    print("".join(letter(chr(c)) for c in range(sys.maxunicode + 1)))
