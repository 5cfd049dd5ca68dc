package patterns

// Behind these a statement may begin in languages with braces.
var braces = []string{"{", "}", ";"}

var scriptModifiers = []string{"export", "default", "async", "declare"}

var (
	python = &language{
		tables: [][]row{pythonRows}, indent: "    ", look: pythonSyntax.view,
		starts: []string{";"}, modifiers: []string{"async"},
	}
	javascript = &language{
		tables: [][]row{reactRows, scriptRows}, indent: "  ", look: viewJSX,
		starts: braces, modifiers: scriptModifiers,
	}
	typescript = &language{
		tables: [][]row{typescriptRows, scriptRows}, indent: "  ", look: viewScript,
		starts: braces, modifiers: scriptModifiers,
	}
	typescriptReact = &language{
		tables: [][]row{reactRows, typescriptRows, scriptRows}, indent: "  ", look: viewJSX,
		starts: braces, modifiers: scriptModifiers,
	}
	golang = &language{
		tables: [][]row{goRows}, indent: "\t", look: goSyntax.view,
		starts: braces,
	}
	java = &language{
		tables: [][]row{javaRows}, indent: "    ", look: javaSyntax.view,
		starts: braces, modifiers: []string{"public", "protected", "private", "static", "final", "abstract", "sealed"},
	}
	c = &language{
		tables: [][]row{cRows, cFamilyRows}, indent: "    ", look: cSyntax.view,
		starts: braces, modifiers: []string{"static", "inline", "typedef"},
	}
	cpp = &language{
		tables: [][]row{cppRows, cFamilyRows}, indent: "    ", look: cSyntax.view,
		starts: braces, modifiers: []string{"static", "inline", "constexpr", "virtual"},
	}
	rust = &language{
		tables: [][]row{rustRows}, indent: "    ", look: rustSyntax.view,
		starts: braces, modifiers: []string{"pub", "pub(crate)", "async", "unsafe", "const"},
	}
	shell = &language{
		tables: [][]row{shellRows}, indent: "  ", look: shellSyntax.view,
		starts: []string{"{", "}", ";", "&", "|", "(", "then", "do", "else"},
	}
	sql = &language{
		tables: [][]row{sqlRows}, indent: "  ", look: sqlSyntax.view,
		starts: []string{";", "("}, anyCase: true,
	}
	html = &language{tables: [][]row{htmlRows}, indent: "  ", look: viewHTML}
	css  = &language{tables: [][]row{cssRows}, indent: "  ", look: cssSyntax.view, starts: braces}
)

// languages are those with tables, by the names that editors have for them.
var languages = map[string]*language{
	"python":          python,
	"javascript":      javascript,
	"javascriptreact": javascript,
	"jsx":             javascript,
	"typescript":      typescript,
	"typescriptreact": typescriptReact,
	"tsx":             typescriptReact,
	"go":              golang,
	"java":            java,
	"c":               c,
	"cpp":             cpp,
	"rust":            rust,
	"shell":           shell,
	"shellscript":     shell,
	"bash":            shell,
	"sh":              shell,
	"sql":             sql,
	"mysql":           sql,
	"pgsql":           sql,
	"html":            html,
	"css":             css,
	"scss":            css,
	"less":            css,
}
