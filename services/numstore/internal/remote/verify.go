package remote

import (
	"context"
	"fmt"
	"math/big"
	"strings"

	"numstore.example/services/numstore/internal/numbers"
)

// Verify reads all rows of an engine, adds up the values, and compares with the total. It returns the sum when they agree,
// and ErrDamaged with all that is wrong when they do not.
func Verify(ctx context.Context, engine Engine) (sum numbers.Sum, err error) {
	var found census
	for row, err := range engine.All(ctx) {
		if err != nil {
			return sum, fmt.Errorf("%w: %s: %w", ErrAway, engine, err)
		}
		found.count(row)
	}
	return found.sum(engine)
}

// census is what Verify finds.
type census struct {
	row    Row // of the total
	keys   int
	values big.Int // added up
	wrong  problems
}

func (c *census) count(row Row) {
	switch {
	case row.Name == totalName:
		c.row = row
	case strings.HasPrefix(row.Name, postPrefix): // says nothing of numbers
	case !strings.HasPrefix(row.Name, keyPrefix):
		c.wrong.add(fmt.Errorf("%w: there is a row %q, which is not numstore's", ErrDamaged, row.Name))
	default:
		value, err := parseValue(row)
		if err != nil {
			c.wrong.add(err)
		}
		c.keys++
		c.values.Add(&c.values, big.NewInt(value))
	}
}

func (c *census) sum(engine Engine) (numbers.Sum, error) {
	if c.row.Version == 0 && c.keys == 0 && c.wrong.count == 0 {
		return numbers.Sum{}, fmt.Errorf("%s: there are no rows; is --engine-prefix the one that numstore was started with?", engine)
	}
	sum, err := parseTotal(c.row)
	if err != nil {
		c.wrong.add(err)
	} else if sum.Keys != c.keys || c.values.Cmp(big.NewInt(sum.Total)) != 0 {
		c.wrong.add(fmt.Errorf("%w: the row %q says %d keys and %d; there are %d, which add up to %s", ErrDamaged, totalName, sum.Keys, sum.Total, c.keys, &c.values))
	}
	return sum, c.wrong.err()
}

// problems are what is wrong, of which the first few are told.
type problems struct {
	told  []string
	count int
}

func (p *problems) add(err error) {
	if p.count++; p.count <= 10 {
		p.told = append(p.told, strings.TrimPrefix(err.Error(), ErrDamaged.Error()+": "))
	}
}

func (p *problems) err() error {
	if p.count == 0 {
		return nil
	}
	if more := p.count - len(p.told); more > 0 {
		p.told = append(p.told, fmt.Sprintf("and %d more", more))
	}
	return fmt.Errorf("%w: %s", ErrDamaged, strings.Join(p.told, "\n  "))
}
