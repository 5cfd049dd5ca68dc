package patterns

// sqlRows are in upper case where SQL has its words. They are suggested in the case
// that is typed.
var sqlRows = []row{
	first("SELECT ", "* FROM table_name;"),
	word("SELECT * FROM ", "table_name WHERE condition;"),
	first("INSERT ", "INTO table_name (column1, column2) VALUES (value1, value2);"),
	first("INSERT INTO ", "table_name (column1, column2) VALUES (value1, value2);"),
	first("UPDATE ", "table_name SET column1 = value1 WHERE condition;"),
	first("DELETE ", "FROM table_name WHERE condition;"),
	first("DELETE FROM ", "table_name WHERE condition;"),
	first("CREATE ", "TABLE table_name (\n\tid INTEGER PRIMARY KEY,\n\tname TEXT NOT NULL\n);"),
	first("CREATE TABLE ", "table_name (\n\tid INTEGER PRIMARY KEY,\n\tname TEXT NOT NULL\n);"),
	first("CREATE INDEX ", "index_name ON table_name (column1);"),
	first("ALTER ", "TABLE table_name ADD COLUMN column_name TEXT;"),
	first("DROP ", "TABLE IF EXISTS table_name;"),
	first("DROP TABLE ", "IF EXISTS table_name;"),
	first("WITH ", "name AS (\n\tSELECT * FROM table_name\n)"),
	word("ORDER ", "BY column1"),
	word("GROUP ", "BY column1"),
	word("LEFT ", "JOIN other ON other.id = table_name.other_id"),
	word("INNER ", "JOIN other ON other.id = table_name.other_id"),
	word("PRIMARY ", "KEY"),
	word("FOREIGN ", "KEY (column1) REFERENCES table_name (id)"),
	word("NOT ", "NULL", inside("CREATE TABLE")),
	word("NOT ", "NULL", inside("create table")),
	word("IS ", "NOT NULL"),
	word("CASE ", "WHEN condition THEN value ELSE other END"),
	word("UNION ", "ALL"),
	first("BEGIN", ";\n\nCOMMIT;"),
}
