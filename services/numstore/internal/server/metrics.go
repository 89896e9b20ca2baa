package server

import "github.com/prometheus/client_golang/prometheus"

// factCounters count the answers to Fact by where they came from: the share of hits is the cache's
// worth.
type factCounters struct {
	hit, computed, refused prometheus.Counter
}

func newFactCounters(registry prometheus.Registerer, store Store) factCounters {
	facts := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "numstore_facts_total",
		Help: "Answered Facts by result: hit (from the cache), computed, or refused (the key is missing or its value has no factorial).",
	}, []string{"result"})
	keys := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "numstore_keys",
		Help: "Keys held.",
	}, func() float64 { return float64(store.Len()) })
	registry.MustRegister(facts, keys)
	return factCounters{
		hit:      facts.WithLabelValues("hit"),
		computed: facts.WithLabelValues("computed"),
		refused:  facts.WithLabelValues("refused"),
	}
}
