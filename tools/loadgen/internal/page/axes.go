package page

import (
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
)

// fromZero makes an axis begin at 0 and end a little above its data, with round numbers in between.
func fromZero(a *plot.Axis) {
	a.Min = 0
	if !(a.Max > 0) {
		a.Max = 1
	}
	a.Max *= 1.06
	a.Tick.Marker = plot.TickerFunc(roundTicks)
}

// roundTicks returns four to ten round numbers, with a space between the thousands.
func roundTicks(low, high float64) (ticks []plot.Tick) {
	step := math.Pow(10, math.Floor(math.Log10((high-low)/4)))
	for _, factor := range []float64{5, 2} {
		if (high-low)/(step*factor) >= 4 {
			step *= factor
			break
		}
	}
	for i := math.Ceil(low / step); i*step <= high; i++ {
		ticks = append(ticks, plot.Tick{Value: i * step, Label: thousands(i * step)})
	}
	return ticks
}

// thousands writes a number with thin spaces.
func thousands(value float64) string {
	text := strconv.FormatFloat(value, 'g', 12, 64)
	if whole := int64(value); float64(whole) == value {
		text = strconv.FormatInt(whole, 10)
		for i := len(text) - 3; i > 0; i -= 3 {
			text = text[:i] + "\u202f" + text[i:]
		}
	}
	return text
}

// logarithmic makes an axis of milliseconds logarithmic, with room to both sides.
func logarithmic(a *plot.Axis) {
	a.Min, a.Max = decade(a.Min/1.15, false), decade(a.Max*1.15, true)
	a.Scale = plot.LogScale{}
	a.Tick.Marker = plot.TickerFunc(logTicks)
}

// decade returns the next number of 1, 2 and 5 times the powers of ten, downwards or upwards.
func decade(value float64, up bool) float64 {
	const almost = 1.0000001 // arithmetic may have added a little in the last digits
	power := math.Pow(10, math.Floor(math.Log10(value)))
	below := power
	for _, factor := range []float64{1, 2, 5, 10} {
		candidate := factor * power
		if up && candidate*almost >= value {
			return candidate
		}
		if candidate <= value*almost {
			below = candidate
		}
	}
	return below
}

// logTicks returns 1, 2 and 5 times the powers of ten; the powers alone if there are many.
func logTicks(low, high float64) (ticks []plot.Tick) {
	many := math.Log10(high/low) > 3.4
	for exponent := math.Floor(math.Log10(low)); exponent <= math.Ceil(math.Log10(high)); exponent++ {
		for _, factor := range []float64{1, 2, 5} {
			value := factor * math.Pow(10, exponent)
			if value < low*0.999 || value > high*1.001 || many && factor != 1 {
				continue
			}
			ticks = append(ticks, plot.Tick{Value: value, Label: thousands(roundTo(value))})
		}
	}
	return ticks
}

// roundTo takes off what arithmetic has added in the last digits.
func roundTo(value float64) float64 {
	text := strings.TrimSpace(strconv.FormatFloat(value, 'g', 3, 64))
	rounded, _ := strconv.ParseFloat(text, 64)
	return rounded
}

// nines is where a percentile lies on its axis: each further nine is as far as the one before.
func nines(percent float64) float64 {
	return -math.Log10(1 - percent/100)
}

// percent is the percentile at a place of the axis.
func percent(place float64) float64 {
	return 100 * (1 - math.Pow(10, -place))
}

// ninesAxis makes an axis of nines, from the median to four of them.
func ninesAxis(a *plot.Axis) {
	var ticks []plot.Tick
	for _, percent := range []float64{50, 75, 90, 95, 99, 99.5, 99.9, 99.99} {
		ticks = append(ticks, plot.Tick{Value: nines(percent), Label: strconv.FormatFloat(percent, 'f', -1, 64)})
	}
	a.Min, a.Max = nines(50), nines(99.99)
	a.Tick.Marker = plot.ConstantTicks(ticks)
}
