package patterns

var shellRows = []row{
	spell("#!", "/usr/bin/env bash\nset -euo pipefail", top),
	spell("set -e", "uo pipefail", has("#!/usr/bin/env bash")),
	spell("set ", "-eu"),
	first("if ", "[ condition ]; then\n\t\nfi"),
	first("if [ ", "-n \"$value\" ]; then\n\t\nfi"),
	first("elif ", "[ condition ]; then"),
	first("for ", "item in \"$@\"; do\n\techo \"$item\"\ndone"),
	first("while ", "read -r line; do\n\techo \"$line\"\ndone"),
	first("until ", "[ condition ]; do\n\tsleep 1\ndone"),
	first("case ", "\"$1\" in\n\tstart)\n\t\t;;\n\t*)\n\t\texit 1\n\t\t;;\nesac"),
	first("function ", "name() {\n\t\n}"),
	spell("trap ", "'rm -rf \"$tmp\"' EXIT", has("tmp=")),
	spell("tmp=", "\"$(mktemp -d)\""),
	first("cd ", "\"$(dirname \"$0\")\"", above("set -")),
	first("read ", "-r line"),
	word(">/dev/null ", "2>&1"),
	word("2>", "&1"),
	word("> /dev/null ", "2>&1"),
}
