package study

import (
	"bytes"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// write returns the file of a study.
func write(t rapid.TB, s *Study) string {
	t.Helper()
	var file bytes.Buffer
	w, err := NewWriter(&file, s.Header)
	for _, m := range s.Measurements {
		err = errors.Join(err, w.Add(m))
	}
	if s.End != nil {
		err = errors.Join(err, w.End(*s.End))
	}
	if err != nil {
		t.Fatal(err)
	}
	return file.String()
}

// some draws a map, or none.
func some[V any](t *rapid.T, value *rapid.Generator[V], label string) map[string]V {
	m := rapid.MapOfN(rapid.String(), value, 0, 3).Draw(t, label)
	if len(m) == 0 {
		return nil
	}
	return m
}

func times() *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		return time.Unix(rapid.Int64Range(0, 1<<33).Draw(t, "second"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanosecond")).UTC()
	})
}

func measurements() *rapid.Generator[Measurement] {
	finite := rapid.Float64Range(-math.MaxFloat64, math.MaxFloat64)
	return rapid.Custom(func(t *rapid.T) Measurement {
		m := Measurement{
			Series: rapid.String().Draw(t, "series"), At: some(t, rapid.String(), "at"), Repeat: rapid.IntRange(0, 9).Draw(t, "repeat"),
			Figures: some(t, finite, "figures"), Words: some(t, rapid.String(), "words"), Failure: rapid.String().Draw(t, "failure"),
		}
		for range rapid.IntRange(0, 3).Draw(t, "seconds") {
			m.Timeline = append(m.Timeline, Second{finite.Draw(t, "at"), finite.Draw(t, "answered"), finite.Draw(t, "failed"), rapid.String().Draw(t, "event")})
		}
		return m
	})
}

func studies() *rapid.Generator[*Study] {
	return rapid.Custom(func(t *rapid.T) *Study {
		text := rapid.String()
		s := &Study{Header: Header{
			Format: Format, Experiment: text.Draw(t, "experiment"), Title: text.Draw(t, "title"), Started: times().Draw(t, "started"),
			Command: rapid.SliceOfN(text, 1, 4).Draw(t, "command"), Settings: some(t, text, "settings"), Versions: some(t, text, "versions"),
			Machine: Machine{Processor: text.Draw(t, "processor"), CPUs: rapid.Int().Draw(t, "CPUs"), Memory: rapid.Int64().Draw(t, "memory")},
		}}
		for range rapid.IntRange(0, 4).Draw(t, "measurements") {
			s.Measurements = append(s.Measurements, measurements().Draw(t, "measurement"))
		}
		if rapid.Bool().Draw(t, "ended") {
			s.End = &End{Stopped: times().Draw(t, "stopped"), Cut: text.Draw(t, "cut")}
		}
		return s
	})
}

// TestStudy_roundTrip: what is read is what was written, and a file that was torn anywhere behind its header has the measurements
// whose lines are whole.
func TestStudy_roundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := studies().Draw(t, "study")
		file := write(t, want)
		if got, err := Read(strings.NewReader(file)); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("read %+v, %v; want %+v, from\n%s", got, err, want, file)
		}
		header := strings.IndexByte(file, '\n') + 1
		torn := file[:rapid.IntRange(header, len(file)).Draw(t, "torn behind")]
		got, err := Read(strings.NewReader(torn))
		if err != nil {
			t.Fatalf("%v, of\n%s", err, torn)
		}
		whole := strings.Count(torn, "\n") - 1
		if n := len(got.Measurements); n < min(whole, len(want.Measurements)) || n > whole+1 || !reflect.DeepEqual(got.Measurements, want.Measurements[:n:n]) && n > 0 {
			t.Fatalf("read %d measurements; want those of %d whole lines, from\n%s", n, whole, torn)
		}
		if len(torn) < len(file)-1 && got.Cut() == "" {
			t.Fatalf("it does not count as cut:\n%s", torn)
		}
	})
}

// TestStudy_cut tells an experiment that ended from those that did not measure everything.
func TestStudy_cut(t *testing.T) {
	for _, test := range []struct {
		end  *End
		want string
	}{{nil, "killed"}, {&End{Cut: "interrupted"}, "interrupted"}, {&End{}, ""}} {
		got, err := Read(strings.NewReader(write(t, &Study{End: test.end})))
		if err != nil {
			t.Fatal(err)
		}
		if says := got.Cut(); !strings.Contains(says, test.want) || (says == "") != (test.want == "") {
			t.Errorf("%+v: cut because %q; want %q", test.end, says, test.want)
		}
	}
}

func TestRead_complaints(t *testing.T) {
	lines := strings.SplitAfter(write(t, &Study{Measurements: []Measurement{{Series: "a"}}, End: &End{}}), "\n")
	header, measurement, end := lines[0], lines[1], lines[2]
	for _, test := range []struct{ text, says string }{
		{"", "it is empty"},
		{header[:len(header)-5], "line 1: "},
		{"no JSON\n", "line 1: "},
		{measurement, "line 1: it must be a header of the format loadgen-study/1"},
		{`{"header":{"format":"loadgen-study/2"}}`, "loadgen-study/1"},
		{header + header, "line 2: it must be a measurement, or the end"},
		{header + "{}\n", "line 2: it must be a measurement, or the end"},
		{header + "torn\n" + measurement, "line 2: "},
		{header + end + measurement, "line 3: there must be nothing behind the end"},
	} {
		if s, err := Read(strings.NewReader(test.text)); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%q: %+v, %v; want an error that says %s", test.text, s, err, test.says)
		}
	}
	// What a later version adds is no reason to refuse what this one knows.
	if s, err := Read(strings.NewReader(header + `{"measurement":{"series":"a","colour":"green"}}`)); err != nil || len(s.Measurements) != 1 {
		t.Errorf("%+v, %v; want the measurement, without the member that it does not know", s, err)
	}
}

func TestIs(t *testing.T) {
	header, _, _ := strings.Cut(write(t, &Study{Header: Header{Title: "a"}}), "\n")
	for line, want := range map[string]bool{
		header: true, `{"header":{"format":"loadgen-study/2"}}`: true, `{"header":{"format":"loadgen-result/1"}}`: false, header[:9]: false, "[]": false, "": false,
	} {
		if got := Is([]byte(line)); got != want {
			t.Errorf("%q: %v; want %v", line, got, want)
		}
	}
}

// full is a disk with room for so many bytes.
type full struct {
	bytes.Buffer
	room int
}

var errFull = errors.New("the disk is full")

func (f *full) Write(p []byte) (int, error) {
	if rest := f.room - f.Len(); rest < len(p) {
		f.Buffer.Write(p[:rest])
		f.room = math.MaxInt // somebody has made room
		return rest, errFull
	}
	return f.Buffer.Write(p)
}

// TestWriter_full: what was written before the disk was full can be read, although there was room again later.
func TestWriter_full(t *testing.T) {
	s := &Study{Measurements: []Measurement{{Series: "a"}, {Series: "b"}, {Series: "c"}}, End: &End{}}
	lines := strings.SplitAfter(write(t, s), "\n")
	disk := &full{room: len(lines[0] + lines[1] + lines[2][:9])}
	w, err := NewWriter(disk, s.Header)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []error{nil, errFull, errFull} {
		if err := w.Add(s.Measurements[i]); !errors.Is(err, want) {
			t.Errorf("measurement %d: %v; want %v", i, err, want)
		}
	}
	if err := w.End(*s.End); !errors.Is(err, errFull) {
		t.Errorf("the end: %v; want %v", err, errFull)
	}
	got, err := Read(&disk.Buffer)
	if err != nil || len(got.Measurements) != 1 || got.Cut() == "" {
		t.Errorf("%+v, %v; want the first measurement, of a study that was cut", got, err)
	}
}

// TestWriter_noNumber: a figure that JSON cannot have is refused, and the file stays whole.
func TestWriter_noNumber(t *testing.T) {
	var file bytes.Buffer
	w, err := NewWriter(&file, Header{})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Add(Measurement{Series: "raftkv", Figures: map[string]float64{"p50 ms": math.NaN()}}); err == nil || !strings.Contains(err.Error(), "of raftkv cannot be written") || !strings.Contains(err.Error(), "NaN") {
		t.Errorf("%v; want that NaN is refused", err)
	}
	if err := errors.Join(w.Add(Measurement{Series: "a"}), w.End(End{})); err != nil {
		t.Fatal(err)
	}
	if got, err := Read(&file); err != nil || len(got.Measurements) != 1 || got.Cut() != "" {
		t.Errorf("%+v, %v; want the measurement that was a number, of a study that ended", got, err)
	}
}
