package remote

import (
	"fmt"
	"strconv"
	"strings"

	"numstore.example/services/numstore/internal/numbers"
)

// The rows. Values are text that people can read with the engine's own tools.
//
//	total   "KEYS TOTAL"   how many keys there are, and what their values add up to
//	n/KEY   "VALUE"        the value of a key, which may be empty
const (
	totalName = "total"
	keyPrefix = "n/"
)

func keyName(key string) string { return keyPrefix + key }

func totalText(sum numbers.Sum) string { return fmt.Sprintf("%d %d", sum.Keys, sum.Total) }

// parseTotal reads the row of the total. That it is missing is damage: Open has made it.
func parseTotal(row Row) (sum numbers.Sum, err error) {
	if row.Version == 0 {
		return sum, fmt.Errorf("%w: the row %q is missing, without which nobody knows the total; restart numstore if all rows were removed on purpose", ErrDamaged, totalName)
	}
	keys, total, _ := strings.Cut(row.Value, " ")
	count, errKeys := parseNumber(keys)
	sum.Total, err = parseNumber(total)
	if err != nil || errKeys != nil || count < 0 || int64(int(count)) != count {
		return sum, fmt.Errorf("%w: the row %q is %q; it must be two numbers, of the keys and their total", ErrDamaged, totalName, row.Value)
	}
	sum.Keys = int(count)
	return sum, nil
}

// parseValue reads the row of a key that exists.
func parseValue(row Row) (int64, error) {
	value, err := parseNumber(row.Value)
	if err != nil {
		return 0, fmt.Errorf("%w: the row %q is %q; it must be a number", ErrDamaged, row.Name, row.Value)
	}
	return value, nil
}

// parseNumber takes numbers as they are written here, in no other spelling.
func parseNumber(text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err == nil && strconv.FormatInt(n, 10) != text {
		err = strconv.ErrSyntax
	}
	return n, err
}
