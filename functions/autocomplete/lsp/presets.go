package lsp

import (
	"path/filepath"
	"runtime"
)

// tree is settings as servers ask for them, by section.
type tree = map[string]any

// pythonSamples are of modules that many use: servers read each when it is first named,
// which takes some of them a second.
var pythonSamples = []sample{
	{"python", "import os\n\nos.path.ba|\n"},
	{"python", "import json\nimport re\n\nmatch = re.compile(json.dumps({})).ma|\n"},
	{"python", "import random\n\nchoice = random.choi|\n"},
}

// pyright runs without a python on its PATH: it knows the standard library by itself
// and executes nothing.
func pyright(f finder) (command, error) {
	_, node, err := f.look("node")
	if err != nil {
		return command{}, err
	}
	folder, err := f.nodePackage("pyright", "langserver.index.js", "pyright-langserver")
	if err != nil {
		return command{}, err
	}
	return command{
		program: node,
		args:    []string{f.nodeMemory(), filepath.Join(folder, "langserver.index.js"), "--stdio"},
		env:     []string{"OPENSSL_CONF=/dev/null"},
		read:    []string{home(node), folder},
		config: tree{
			"python": tree{"analysis": tree{
				"typeCheckingMode": "off", "autoImportCompletions": false, "autoSearchPaths": false,
				"diagnosticMode": "openFilesOnly", "useLibraryCodeForTypes": false, "indexing": false,
			}},
			"pyright": tree{"disableOrganizeImports": true},
		},
		samples: pythonSamples,
	}, nil
}

// pylsp asks jedi and none of its other plugins.
func pylsp(f finder) (command, error) {
	path, real, err := f.look("pylsp")
	if err != nil {
		return command{}, err
	}
	plugins := tree{"jedi_completion": tree{"enabled": true, "eager": false, "include_params": false, "fuzzy": false}}
	for _, other := range []string{
		"autopep8", "flake8", "jedi_definition", "jedi_highlight", "jedi_hover", "jedi_references", "jedi_signature_help",
		"jedi_symbols", "mccabe", "preload", "pycodestyle", "pydocstyle", "pyflakes", "pylint", "rope_autoimport",
		"rope_completion", "yapf",
	} {
		plugins[other] = tree{"enabled": false}
	}
	settings := tree{"pylsp": tree{"plugins": plugins}}
	return command{
		program: path,
		env:     []string{"PATH=/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE=1", "PYTHONNOUSERSITE=1"},
		read:    []string{home(path), home(real)},
		options: settings,
		config:  settings,
		samples: pythonSamples,
	}, nil
}

// gopls asks the go command about each file, which must download and compile nothing.
func gopls(f finder) (command, error) {
	_, server, err := f.look("gopls")
	if err != nil {
		return command{}, err
	}
	_, compiler, err := f.look("go")
	if err != nil {
		return command{}, err
	}
	return command{
		program: server,
		args:    []string{"serve"},
		env: []string{
			"PATH=" + filepath.Dir(compiler), "GOROOT=" + home(compiler), "GOPROXY=off", "GOTOOLCHAIN=local", "CGO_ENABLED=0",
			"GOFLAGS=-mod=mod", "GOENV=off", "GOTELEMETRY=off", "GOPACKAGESDRIVER=off", "GO111MODULE=on", "GOVCS=*:off",
			"GOSUMDB=off", "GOWORK=off", f.goMemory(),
		},
		read:  []string{server, home(compiler)},
		files: map[string]string{"go.mod": "module room\n\ngo 1.24\n"},
		options: tree{
			"completeUnimported": false, "completionBudget": "100ms", "experimentalPostfixCompletions": false,
			"diagnosticsTrigger": "Save", "vulncheck": "Off", "staticcheck": false, "matcher": "CaseInsensitive",
		},
		samples: []sample{{"go", "package main\n\nimport \"strings\"\n\nvar _ = strings.ToUp|\n"}},
	}, nil
}

// typescript is the native server of TypeScript 7, which would fetch packages of types
// by npm if it were not told not to.
func typescript(f finder) (command, error) {
	system := "typescript-" + runtime.GOOS + "-" + nodeArch()
	folder, err := f.nodePackage(filepath.Join("@typescript", system), "lib/tsc", "tsc")
	if err != nil {
		return command{}, err
	}
	language := tree{
		"disableAutomaticTypeAcquisition": true,
		"suggest":                         tree{"autoImports": false, "completeFunctionCalls": false},
	}
	return command{
		program: filepath.Join(folder, "tsc"),
		args:    []string{"--lsp", "--stdio"},
		env:     []string{f.goMemory()},
		read:    []string{folder},
		options: tree{"disablePushDiagnostics": true},
		config:  tree{"js/ts": language, "typescript": language, "javascript": language},
		samples: []sample{{"typescript", "const items = [1, 2]\nitems.ma|\n"}},
	}, nil
}

// clangd parses before it answers, or its first answers are guesses.
func clangd(f finder) (command, error) {
	_, server, err := f.look("clangd", "clangd-23", "clangd-22", "clangd-21", "clangd-20", "clangd-19", "clangd-18",
		"clangd-17", "clangd-16", "clangd-15", "clangd-14")
	if err != nil {
		return command{}, err
	}
	return command{
		program: server,
		args: []string{
			"--background-index=false", "--clang-tidy=false", "--header-insertion=never", "--limit-results=50",
			"--pch-storage=memory", "--function-arg-placeholders=0", "--completion-parse=always", "--enable-config=false",
			"-j=2", "--log=error",
		},
		read:    []string{home(server)},
		samples: []sample{{"cpp", "struct point { int first; };\nint f(point *p) { return p->fi| }\n"}},
	}, nil
}

// A file is how a text of a language is shown to servers: by which id, in what file.
type file struct{ id, ext string }

// files are those of languages whose names are not their own extension or id.
var files = map[string]file{
	"python":          {"python", "py"},
	"go":              {"go", "go"},
	"javascript":      {"javascript", "js"},
	"javascriptreact": {"javascriptreact", "jsx"},
	"jsx":             {"javascriptreact", "jsx"},
	"typescript":      {"typescript", "ts"},
	"typescriptreact": {"typescriptreact", "tsx"},
	"tsx":             {"typescriptreact", "tsx"},
	"c":               {"c", "c"},
	"cpp":             {"cpp", "cpp"},
	"rust":            {"rust", "rs"},
	"csharp":          {"csharp", "cs"},
	"ruby":            {"ruby", "rb"},
	"kotlin":          {"kotlin", "kt"},
	"shell":           {"shellscript", "sh"},
	"shellscript":     {"shellscript", "sh"},
	"bash":            {"shellscript", "sh"},
	"sh":              {"shellscript", "sh"},
	"markdown":        {"markdown", "md"},
}

// fileOf is how a text of a language is shown.
func fileOf(language string) file {
	if f, known := files[language]; known {
		return f
	}
	return file{id: language, ext: language}
}
