package token

// Of returns the language of an id, as editors name it and in lower case. One that
// is not known has words as most have, and neither comments nor strings.
func Of(id string) *Language {
	if l, ok := languages[id]; ok {
		return l
	}
	return plain
}

func lineComment(open string) delimiter {
	return delimiter{open: open, place: Comment, oneLine: true}
}

func blockComment(open, closer string) delimiter {
	return delimiter{open: open, closer: closer, place: Comment}
}

func shortString(quote string) delimiter {
	return delimiter{open: quote, closer: quote, place: String, oneLine: true}
}

func longString(quote string) delimiter {
	return delimiter{open: quote, closer: quote, place: String}
}

// The languages. Where names are written in quotes, as in HTML and JSON, and where
// variables are, as in shells, quotes begin no strings.
var (
	slashes  = lineComment("//")
	slashed  = blockComment("/*", "*/")
	hashed   = lineComment("#")
	single1  = shortString("'")
	double1  = shortString(`"`)
	backtick = longString("`")

	plain      = newLanguage("")
	python     = newLanguage("", hashed, longString(`"""`), longString("'''"), single1, double1)
	ecmascript = newLanguage("$", slashes, slashed, single1, double1, backtick)
	golang     = newLanguage("", slashes, slashed, single1, double1, backtick)
	curly      = newLanguage("", slashes, slashed, longString(`"""`), single1, double1)
	rust       = newLanguage("", slashes, slashed, longString(`"`)) // ' also begins lifetimes
	php        = newLanguage("$", slashes, slashed, hashed, longString(`"`), longString("'"))
	ruby       = newLanguage("", hashed, single1, double1)
	shell      = newLanguage("", delimiter{open: "#", place: Comment, oneLine: true, apart: true})
	hashLines  = newLanguage("-", delimiter{open: "#", place: Comment, oneLine: true, apart: true})
	sql        = newLanguage("", lineComment("--"), slashed, longString("'"))
	markup     = newLanguage("-", blockComment("<!--", "-->"))
	style      = newLanguage("-", slashed, single1, double1)
	styleLines = newLanguage("-", slashes, slashed, single1, double1)
	lua        = newLanguage("", blockComment("--[[", "]]"), lineComment("--"), single1, double1)
)

var languages = map[string]*Language{
	"python": python, "py": python,
	"javascript": ecmascript, "javascriptreact": ecmascript, "jsx": ecmascript, "js": ecmascript,
	"typescript": ecmascript, "typescriptreact": ecmascript, "tsx": ecmascript, "ts": ecmascript,
	"go": golang, "golang": golang,
	"java": curly, "c": curly, "cpp": curly, "c++": curly, "csharp": curly, "cs": curly, "kotlin": curly,
	"scala": curly, "swift": curly, "dart": curly, "objective-c": curly, "objective-cpp": curly,
	"rust": rust, "php": php, "ruby": ruby, "lua": lua,
	"shell": shell, "shellscript": shell, "bash": shell, "sh": shell, "zsh": shell,
	"yaml": hashLines, "toml": hashLines, "dockerfile": shell, "makefile": shell,
	"sql": sql, "mysql": sql, "pgsql": sql,
	"html": markup, "xml": markup, "vue": markup, "svelte": markup,
	"css": style, "scss": styleLines, "less": styleLines,
}
