package page

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot/plotter"

	"numstore.example/tools/internal/result"
	"numstore.example/tools/loadgen/internal/table"
)

// latencyAgainstThroughput shows what each step reached, and at which price.
func latencyAgainstThroughput(runs []*result.Run) *chart {
	c := newChart("calls answered per second", "latency, ms", runSize)
	for i, run := range runs {
		var median, tail plotter.XYs
		for _, step := range answered(run) {
			median = append(median, plotter.XY{X: step.Throughput, Y: positive(step.Latency.Milliseconds(50))})
			tail = append(tail, plotter.XY{X: step.Throughput, Y: positive(step.Latency.Milliseconds(99))})
		}
		c.line(median, hue(i, 1), 4, 3)
		c.line(tail, hue(i, 1))
		for place, step := range answered(run) {
			if len(runs) == 1 || place == len(tail)-1 { // the others would cover each other
				c.label(tail[place].X, tail[place].Y, strconv.Itoa(max(step.Clients, step.Rate)), hue(i, 1))
			}
		}
	}
	fromZero(&c.X)
	logarithmic(&c.Y)
	return c
}

// positive lifts a latency that the histogram gives as 0, which has no place on a logarithmic axis.
func positive(milliseconds float64) float64 {
	return max(milliseconds, 0.001)
}

// percentiles shows a curve for each step of a single run, or for the best of each of several.
func percentiles(runs []*result.Run) *chart {
	c := newChart("percentile of the calls", "latency, ms", runSize)
	var curves []named
	for i, run := range runs {
		steps := answered(run)
		if len(runs) > 1 {
			steps = best(steps)
		}
		for place, step := range steps {
			opacity := 0.25 + 0.75*float64(place+1)/float64(len(steps))
			points := curve(step)
			c.line(points, hue(i, opacity))
			curves = append(curves, named{table.Load(step), points[0].Y, hue(i, 1)})
		}
	}
	ninesAxis(&c.X)
	c.X.Min -= room
	logarithmic(&c.Y)
	c.names(curves)
	return c
}

// named is a curve, by what it is called and where it begins.
type named struct {
	name  string
	start float64
	paint paint
}

// room is left of the median, for the names of the curves.
const room = 0.7

// names writes the name of each curve where it begins, or a little higher if another is there.
func (c *chart) names(curves []named) {
	var starts []float64
	for _, curve := range curves {
		starts = append(starts, math.Log10(curve.start))
	}
	const lines = 17 // of text that the axis has room for
	for i, start := range spread(starts, math.Log10(c.Y.Max/c.Y.Min)/lines) {
		c.label(nines(50)-room, math.Pow(10, start), curves[i].name, curves[i].paint)
	}
}

// spread moves places apart, upwards, so that none is closer to another than gap.
func spread(places []float64, gap float64) []float64 {
	order := make([]int, len(places))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(places[a], places[b]) })
	moved := slices.Clone(places)
	for i := 1; i < len(order); i++ {
		moved[order[i]] = max(moved[order[i]], moved[order[i-1]]+gap)
	}
	return moved
}

// answered returns the steps in which any call was.
func answered(run *result.Run) (steps []result.Step) {
	for _, step := range run.Steps {
		if step.Latency.TotalCount() > 0 {
			steps = append(steps, step)
		}
	}
	return steps
}

// best returns the step with the highest throughput, alone; one that kept its schedule if there is any.
func best(steps []result.Step) []result.Step {
	if len(steps) == 0 {
		return nil
	}
	return []result.Step{slices.MaxFunc(steps, func(a, b result.Step) int {
		if a.Capped != b.Capped {
			return cmp.Compare(kept(a), kept(b))
		}
		return cmp.Compare(a.Throughput, b.Throughput)
	})}
}

// kept is 1 if a step kept its schedule, or had none.
func kept(step result.Step) int {
	if step.Capped {
		return 0
	}
	return 1
}

// curve is the latencies of a step, at close distances on the axis of nines.
func curve(step result.Step) (points plotter.XYs) {
	const distance = 0.02
	for x := nines(50); x < nines(99.99)+distance/2; x += distance {
		x := min(x, nines(99.99))
		points = append(points, plotter.XY{X: x, Y: positive(step.Latency.Milliseconds(percent(x)))})
	}
	return points
}

func throughputInTime(runs []*result.Run) *chart {
	c := newChart("seconds of all steps", "calls per second", runSize)
	inTime(c, runs, func(i result.Interval) (float64, bool) { return i.Throughput(), true })
	fromZero(&c.X)
	fromZero(&c.Y)
	return c
}

func latencyInTime(runs []*result.Run) *chart {
	c := newChart("seconds of all steps", "p99 latency, ms", runSize)
	inTime(c, runs, func(i result.Interval) (float64, bool) {
		return positive(i.Latency.Milliseconds(99)), i.Latency.TotalCount() > 0
	})
	fromZero(&c.X)
	logarithmic(&c.Y)
	return c
}

// inTime adds a line for each step, whose points are in the middles of its intervals.
func inTime(c *chart, runs []*result.Run, value func(result.Interval) (float64, bool)) {
	for i, run := range runs {
		start := 0.0
		for _, step := range run.Steps {
			var points plotter.XYs
			for _, interval := range step.Intervals {
				if y, there := value(interval); there {
					points = append(points, plotter.XY{X: start + interval.Start + interval.Seconds/2, Y: y})
				}
			}
			c.line(points, hue(i, 1))
			start += step.Seconds
		}
	}
}
