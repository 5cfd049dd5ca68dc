package trim

// maxCompared is how many bytes of two lines are compared: a model that repeats the
// beginning repeats the rest.
const maxCompared = 256

// similar reports whether two lines differ in less than a tenth of their bytes, by
// the distance of Levenshtein (1966).
func similar(a, b string) bool {
	if a == b {
		return true
	}
	longest := max(len(a), len(b))
	allowed := (longest - 1) / 10
	if max(len(a)-len(b), len(b)-len(a)) > allowed {
		return false
	}
	a, b = a[:min(len(a), maxCompared)], b[:min(len(b), maxCompared)]
	return distance(a, b, allowed) <= allowed
}

// distance is how many bytes must be put in, taken out or changed to make b of a, or
// more than most. Both are at most maxCompared long.
func distance(a, b string, most int) int {
	var rows [2][maxCompared + 1]int
	for j := range len(b) + 1 {
		rows[0][j] = j
	}
	for i := range len(a) {
		before, row := &rows[i%2], &rows[(i+1)%2]
		row[0] = i + 1
		least := row[0]
		for j := range len(b) {
			cost := before[j]
			if a[i] != b[j] {
				cost = 1 + min(before[j], before[j+1], row[j])
			}
			row[j+1] = cost
			least = min(least, cost)
		}
		if least > most {
			return least
		}
	}
	return rows[len(a)%2][len(b)]
}
