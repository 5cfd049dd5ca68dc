package patterns

// cFamilyRows are for C and C++.
var cFamilyRows = []row{
	first("#include ", "<stdio.h>", has("printf("), missing("stdio")),
	spell("#pragma ", "once", top),
	spell("#ifndef ", "NAME_H\n#define NAME_H\n\n#endif", top),
	spell("int m", "ain(void) {\n\t\n\treturn 0;\n}", missing("int main(")),
	first("for ", "(int i = 0; i < n; i++) {\n\t\n}"),
	first("if ", "(condition) {\n\t\n}"),
	first("else if ", "(condition) {\n\t\n}"),
	first("else ", "{\n\t\n}"),
	first("while ", "(condition) {\n\t\n}"),
	first("do ", "{\n\t\n} while (condition);"),
	first("switch ", "(value) {\ncase 1:\n\tbreak;\ndefault:\n\tbreak;\n}"),
	first("struct ", "name {\n\t\n};"),
	named("struct ", " {\n\t\n};", outermost),
	first("enum ", "name {\n\tFIRST,\n\tSECOND,\n};"),
	spell("return ", "0;", within("int main(")),
	first("case ", "1:\n\tbreak;"),
}

// cRows come before those in C.
var cRows = []row{
	first("#include <", "stdlib.h>", has("malloc("), missing("stdlib.h")),
	first("#include <", "string.h>", has("strlen("), missing("string.h")),
	first("#include <", "math.h>", has("sqrt("), missing("math.h")),
	first("#include <", "stdbool.h>", has("bool"), missing("stdbool.h")),
	first("#include <", "stdint.h>", has("uint8_t"), missing("stdint.h")),
	first("#include <", "stdio.h>", missing("stdio.h")),
	first("#include <", "stdlib.h>", missing("stdlib.h")),
	first("#include ", "<stdio.h>", missing("stdio.h")),
	first("struct ", "{\n\t\n} name;", above("typedef")),
}

// cppRows come before those in C++.
var cppRows = []row{
	first("#include <", "vector>", has("vector<"), missing("<vector>")),
	first("#include <", "string>", has("string"), missing("<string>")),
	first("#include <", "map>", has("map<"), missing("<map>")),
	first("#include <", "memory>", has("unique_ptr<"), missing("<memory>")),
	first("#include <", "algorithm>", has("sort("), missing("<algorithm>")),
	first("#include <", "iostream>", missing("<iostream>")),
	first("#include ", "<iostream>", missing("<iostream>")),
	spell("int m", "ain() {\n\t\n\treturn 0;\n}", missing("int main(")),
	spell("using n", "amespace std;", missing("using namespace")),
	first("using ", "Name = type;"),
	first("namespace ", "name {\n\n}"),
	first("class ", "Name {\npublic:\n\tName();\n};"),
	named("class ", " {\npublic:\n};"),
	first("for ", "(const auto& item : items) {\n\t\n}"),
	first("template ", "<typename T>"),
	word("template <", "typename T>"),
	first("try ", "{\n\t\n} catch (const std::exception& e) {\n\tstd::cerr << e.what() << '\\n';\n}"),
	spell("catch ", "(const std::exception& e) {\n\tstd::cerr << e.what() << '\\n';\n}"),
	spell("std::cout ", "<< value << '\\n';"),
}
