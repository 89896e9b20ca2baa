package experiment

import (
	"reflect"
	"strings"
	"testing"

	"numstore.example/tools/internal/study"
)

// TestShowServers: calls are series, by the number of servers, and keys are panels of their own, which a cut run may lack.
func TestShowServers(t *testing.T) {
	called := func(call, servers string, calls, mean float64) study.Measurement {
		return study.Measurement{Series: call, At: map[string]string{serversFactor: servers}, Figures: map[string]float64{callsFigure: calls, meanFigure: mean}}
	}
	share := func(series, servers string, percent float64) study.Measurement {
		return study.Measurement{Series: series, At: map[string]string{serversFactor: servers, placeFactor: shared}, Figures: map[string]float64{shareFigure: percent}}
	}
	for what, test := range map[string]struct {
		measured []study.Measurement
		says     []string // of each panel
		last     [][]string
	}{
		"nothing": {nil, []string{"Nothing was answered.", "Nothing was answered."}, nil},
		"loads": {[]study.Measurement{
			called("put", "1", 100, 2), called("put", "1", 300, 4), called("put", "2", 250, 2),
			{Series: "get", At: map[string]string{serversFactor: "2"}, Failure: "node 2 of raftkv died"},
		}, []string{"put: 200 calls/s on 1 server, 250 on 2 servers.", "put: 3.00 mean ms on 1 server, 2.00 on 2 servers."},
			[][]string{{"1", "3.00 (2.00 to 4.00)", ""}, {"2", "2.00", "failed: node 2 of raftkv died"}}},
		"keys": {[]study.Measurement{
			share("server 1", "1", 100), share("server 1", "2", 53), share("server 2", "2", 47),
			{Series: "keys that move", At: map[string]string{serversFactor: "2", placeFactor: moved}, Figures: map[string]float64{toNewFigure: 47, amongFigure: 0, evenFigure: 50}},
		}, []string{"Nothing was answered.", "Nothing was answered.", "Of 2 servers, each has 47.0 to 53.0 % of the keys; 50.0 % would be even.",
			"Server 2 took over 47.0 % of the keys, where one in 2 is 50.0 %; 0 % moved among the others."},
			[][]string{{"2", "47.0", "0", "50.0"}}},
	} {
		test.says[0] += " Clients: 16, each of which makes 2000 calls. All servers and the client share the 2 processors of one machine: more servers bring smaller bundles of calls, and not more processors."
		panels := showServers(&study.Study{Measurements: test.measured, Header: study.Header{Settings: map[string]string{"clients": "16", "requests": "2000"}, Machine: study.Machine{CPUs: 2}}})
		var says []string
		for _, panel := range panels {
			says = append(says, panel.Says)
		}
		if !reflect.DeepEqual(says, test.says) {
			t.Errorf("%s: it says %q, want %q", what, says, test.says)
		}
		if got := panels[len(panels)-1].Table.Rows; !reflect.DeepEqual(got, test.last) {
			t.Errorf("%s: the last table is %q, want %q", what, got, test.last)
		}
	}
}

// TestNotePlaces: the shares of a number of servers are all keys; a further server takes its keys from the others, which take none.
func TestNotePlaces(t *testing.T) {
	var text strings.Builder
	file, err := study.NewWriter(&text, study.Header{})
	if err != nil {
		t.Fatal(err)
	}
	b := &Bench{file: file, progress: new(strings.Builder)}
	for _, number := range []int{1, 4} {
		b.notePlaces(number, 10_000)
	}
	sums := make(map[string]float64) // of shares, by the number of servers
	for _, m := range b.study.Measurements {
		switch servers := m.At[serversFactor]; {
		case m.At[placeFactor] == shared:
			got := m.Figures[shareFigure]
			if sums[servers] += got; servers == "4" && (got < 20 || got > 30) {
				t.Errorf("%s of 4 has %v %%; want about a quarter", m.Series, got)
			}
		case servers != "4" || m.Figures[toNewFigure] < 20 || m.Figures[toNewFigure] > 30 || m.Figures[amongFigure] != 0 || m.Figures[evenFigure] != 25:
			t.Errorf("%+v; want that about a quarter of the keys moved, all to the fourth server", m)
		}
	}
	for _, servers := range []string{"1", "4"} {
		if got := sums[servers]; got < 99.99 || got > 100.01 {
			t.Errorf("%s servers have %v %% of the keys", servers, got)
		}
	}
}
