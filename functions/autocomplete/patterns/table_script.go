package patterns

// scriptRows are for JavaScript and TypeScript.
var scriptRows = []row{
	first("import ", "fs from \"node:fs\";", has("fs."), missing("fs from")),
	first("import ", "path from \"node:path\";", has("path."), missing("path from")),
	first("import ", "{ name } from \"./module.js\";"),
	first("function ", "name() {\n\t\n}"),
	named("function ", "() {\n\t\n}"),
	first("for ", "(const item of items) {\n\t\n}"),
	first("for ", "(let i = 0; i < items.length; i++) {\n\t\n}"),
	first("for (const ", "item of items) {\n\t\n}"),
	first("for (let ", "i = 0; i < items.length; i++) {\n\t\n}"),
	first("if ", "(condition) {\n\t\n}"),
	first("else if ", "(condition) {\n\t\n}"),
	first("else ", "{\n\t\n}"),
	first("while ", "(condition) {\n\t\n}"),
	first("do ", "{\n\t\n} while (condition);"),
	first("switch ", "(value) {\n\tcase 1:\n\t\tbreak;\n\tdefault:\n}"),
	first("try ", "{\n\t\n} catch (error) {\n\tconsole.error(error);\n}"),
	spell("catch ", "(error) {\n\tconsole.error(error);\n}"),
	first("finally ", "{\n\t\n}"),
	first("class ", "Name {\n\tconstructor() {\n\t}\n}"),
	named("class ", " {\n\tconstructor() {\n\t}\n}"),
	spell("constr", "uctor() {\n\t\n}", inside("class")),
	spell("super", "();", inside("constructor")),
	spellWord("console.", "log()"),
	word("await ", "response.json();", above("await fetch(")),
	word("new Promise(", "(resolve, reject) => {\n\t\n})"),
	word("setTimeout(", "() => {\n\t\n}, 1000)"),
	spell("throw ", "new Error(\"message\");"),
}

// typescriptRows come before those, where there are types.
var typescriptRows = []row{
	first("import ", "type { Name } from \"./module\";", has("interface")),
	first("interface ", "Name {\n\tid: string;\n}"),
	first("type ", "Name = {\n\tid: string;\n};"),
	named("interface ", " {\n\tid: string;\n}"),
	named("function ", "(): void {\n\t\n}"),
	first("enum ", "Name {\n\tFirst,\n\tSecond,\n}"),
	first("function ", "name(): void {\n\t\n}"),
	word("Promise<", "void>"),
	word("Record<", "string, unknown>"),
}

// reactRows come before those, where there may be JSX.
var reactRows = []row{
	first("import ", "{ useEffect, useState } from \"react\";", has("useState("), has("useEffect("), missing("from \"react\"")),
	first("import ", "{ useState } from \"react\";", has("useState("), missing("from \"react\"")),
	first("import ", "{ useEffect } from \"react\";", has("useEffect("), missing("from \"react\"")),
	first("import ", "React from \"react\";", has("React."), missing("React from")),
	spell("const [", "state, setState] = useState(null);", has("useState")),
	spell("useEffect(", "() => {\n\t\n}, []);"),
	word("useState(", "null)"),
}
