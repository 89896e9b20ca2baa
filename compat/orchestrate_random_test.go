package compat

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// tale is a random script that makes sense, and what has to hold when it is performed. A value is "WRITER.NUMBER", the client that has put it and a number that grows
// with the script.
type tale struct {
	random *rand.Rand
	script strings.Builder
	events []func(t *testing.T, printed func() string) // what each command does to what follows, or has to print
	puts   int

	// As of the end of the script so far.
	running []bool   // by server, from 0 on
	linked  [][]bool // by servers, of those that run
	at      []int    // by client: its server

	// As of the event that is looked at.
	last map[write]int   // the number of the last put
	seen []map[write]int // by client: the greatest number that it has put or been told
}

// write is whose puts, of which key.
type write struct {
	client int
	key    string
}

// newTale returns a script in which so many servers have joined, and a client at each.
func newTale(random *rand.Rand, servers int) *tale {
	l := &tale{random: random, running: make([]bool, servers), last: make(map[write]int)}
	for range servers {
		l.linked = append(l.linked, make([]bool, servers))
	}
	for s := range servers {
		l.join(s)
		l.at = append(l.at, s)
		l.seen = append(l.seen, make(map[write]int))
		l.say("joinClient %d %d", servers+s, s)
	}
	return l
}

func (l *tale) say(format string, a ...any) { fmt.Fprintf(&l.script, format+"\n", a...) }

// join has a server join, and links it to all that run.
func (l *tale) join(s int) {
	l.say("joinServer %d", s)
	for other, runs := range l.running {
		l.linked[s][other], l.linked[other][s] = runs, runs
	}
	l.running[s] = true
}

func (l *tale) kill(s int) {
	l.say("killServer %d", s)
	l.running[s] = false
	for other := range l.running {
		l.linked[s][other], l.linked[other][s] = false, false
	}
}

// turn makes or breaks the link of two servers that run.
func (l *tale) turn(a, b int) {
	if a == b || !l.running[a] || !l.running[b] {
		return
	}
	verb := "createConnection"
	if l.linked[a][b] {
		verb = "breakConnection"
	}
	l.say("%s %d %d", verb, a, b)
	l.linked[a][b] = !l.linked[a][b]
	l.linked[b][a] = l.linked[a][b]
}

const taleKeys = 4

// step is one more command.
func (l *tale) step() {
	servers := len(l.running)
	c, s, key := l.random.IntN(len(l.at)), l.random.IntN(servers), fmt.Sprintf("k%d", l.random.IntN(taleKeys))
	switch kind := l.random.IntN(100); {
	case kind < 5:
		l.turn(s, l.random.IntN(servers))
	case kind < 7 && l.running[s]:
		l.kill(s)
	case kind < 12 && !l.running[s]:
		l.join(s)
	case kind < 20 && l.running[s]:
		l.say("joinClient %d %d", servers+c, s)
		l.at[c] = s
	case kind < 21:
		l.compare()
	case !l.running[l.at[c]]:
	case kind < 60:
		l.put(c, key)
	default:
		l.get(c, key)
	}
}

func (l *tale) put(c int, key string) {
	l.puts++
	number := l.puts
	l.say("put %d %s %d.%d", len(l.running)+c, key, c, number)
	l.events = append(l.events, func(*testing.T, func() string) {
		l.last[write{c, key}], l.seen[c][write{c, key}] = number, number
	})
}

// get has a client read a key. What it is told is never older than what it has seen, and "no value" only where it has seen none.
func (l *tale) get(c int, key string) {
	l.say("get %d %s", len(l.running)+c, key)
	l.events = append(l.events, func(t *testing.T, printed func() string) {
		value, _ := strings.CutPrefix(printed(), key+":")
		knows := false
		for w := range l.seen[c] {
			knows = knows || w.key == key
		}
		switch {
		case value == "ERR_KEY" && !knows, value == "ERR_DEP" && knows:
			return
		}
		var w write
		var number int
		if _, err := fmt.Sscanf(value, "%d.%d", &w.client, &number); err != nil {
			t.Errorf("client %d is told %q of %s; it knows of values: %v", c, value, key, knows)
		}
		w.key = key
		if number < l.seen[c][w] || number > l.last[w] {
			t.Errorf("client %d is told %q of %s, and has seen %d.%d; the last one is %d", c, value, key, w.client, l.seen[c][w], l.last[w])
		}
		l.seen[c][w] = number
	})
}

// compare has servers that can reach each other become equal, and shows that they are.
func (l *tale) compare() {
	l.say("stabilize")
	done := make([]bool, len(l.running))
	for first := range l.running {
		if done[first] || !l.running[first] {
			continue
		}
		reached := []int{first}
		done[first] = true
		for i := 0; i < len(reached); i++ {
			for other := range l.running {
				if l.linked[reached[i]][other] && !done[other] {
					reached, done[other] = append(reached, other), true
				}
			}
		}
		l.equal(reached)
	}
}

// equal shows the stores of servers, which are to be the same.
func (l *tale) equal(servers []int) {
	var stores [][]string
	for _, s := range servers {
		l.say("printStore %d\necho .", s)
		l.events = append(l.events, func(t *testing.T, printed func() string) {
			var store []string
			for line := printed(); line != "."; line = printed() {
				store = append(store, line)
			}
			stores = append(stores, store)
			if !slices.Equal(store, stores[0]) {
				t.Errorf("the servers %v reach each other, but one has %q, and another %q", servers, store, stores[0])
			}
		})
	}
}

// heal has all servers run and be linked, and shows what is left: of each key a last value of some writer, which every client is told.
func (l *tale) heal() {
	for s := range l.running {
		if !l.running[s] {
			l.join(s)
		}
	}
	for a := range l.running {
		for b := range a {
			if !l.linked[a][b] {
				l.turn(a, b)
			}
		}
	}
	l.compare()
	for key := range taleKeys {
		key := fmt.Sprintf("k%d", key)
		told := ""
		for c := range l.at {
			l.say("get %d %s", len(l.running)+c, key)
			l.events = append(l.events, func(t *testing.T, printed func() string) {
				line := printed()
				var w write
				var number int
				if _, err := fmt.Sscanf(line, key+":%d.%d", &w.client, &number); err == nil && number != l.last[write{w.client, key}] {
					t.Errorf("in the end client %d is told %q, but the last value of that writer is %d", c, line, l.last[write{w.client, key}])
				}
				if told == "" {
					told = line
				}
				if line != told || strings.Contains(line, "ERR_DEP") {
					t.Errorf("in the end client %d is told %q, and another one %q", c, line, told)
				}
			})
		}
	}
}

// TestOrchestrate_random: whatever a script does to servers, no client reads backwards, and servers that can reach each other become
// equal; in the end they have the last value of some writer for each key.
func TestOrchestrate_random(t *testing.T) {
	seed, scripts := newSeed(t), 2
	if torture() {
		scripts = 40
	}
	for i := range scripts {
		l := newTale(rand.New(rand.NewPCG(seed, uint64(i))), 3+i%3)
		for range 300 {
			l.step()
		}
		l.heal()
		p := orchestrate(t, strings.NewReader(l.script.String()), "--strict")
		if p.status != 0 || p.err != "" {
			t.Fatalf("status %d, said %q, of the script\n%s", p.status, p.err, &l.script)
		}
		lines := strings.Split(string(p.out), "\n")
		for _, event := range l.events {
			event(t, func() (line string) {
				if len(lines) == 0 {
					t.Fatal("something is not printed")
				}
				line, lines = lines[0], lines[1:]
				return line
			})
		}
		if len(lines) != 1 {
			t.Errorf("printed beyond what was asked for: %q", lines)
		}
		if t.Failed() {
			t.Fatalf("the script is\n%s", &l.script)
		}
	}
}
