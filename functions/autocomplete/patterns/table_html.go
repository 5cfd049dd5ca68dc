package patterns

// htmlRows are for the beginnings of tags. Their ends are in closeTag.
var htmlRows = []row{
	spellWord("<!", "DOCTYPE html>\n<html lang=\"en\">\n<head>\n\t<meta charset=\"utf-8\">\n\t<title>Title</title>\n</head>\n<body>\n\n</body>\n</html>", top, missing("<html")),
	spellWord("<!", "DOCTYPE html>", top),
	spellWord("<html", " lang=\"en\">", missing("<html lang")),
	spellWord("<meta ", "charset=\"utf-8\">", missing("charset=")),
	spellWord("<meta ", "name=\"viewport\" content=\"width=device-width, initial-scale=1\">", missing("viewport")),
	spellWord("<link ", "rel=\"stylesheet\" href=\"style.css\">"),
	spellWord("<script ", "src=\"script.js\"></script>"),
	spellWord("<a ", "href=\"#\">Text</a>"),
	spellWord("<img ", "src=\"image.png\" alt=\"\">"),
	spellWord("<button ", "type=\"button\">Text</button>"),
	spellWord("<input ", "type=\"text\" name=\"name\">"),
	spellWord("<label ", "for=\"id\">Text</label>"),
	spellWord("<form ", "action=\"/\" method=\"post\">\n\t\n</form>"),
	spellWord("<option ", "value=\"value\">Text</option>"),
	spellWord("<iframe ", "src=\"page.html\" title=\"Title\"></iframe>"),
	spellWord("<ul>", "\n\t<li></li>\n</ul>"),
	spellWord("<ol>", "\n\t<li></li>\n</ol>"),
	spellWord("<table>", "\n\t<tr>\n\t\t<td></td>\n\t</tr>\n</table>"),
	spellWord("<select>", "\n\t<option></option>\n</select>"),
}
