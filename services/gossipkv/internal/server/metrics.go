package server

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"numstore.example/services/gossipkv/internal/merge"
	"numstore.example/services/gossipkv/internal/node"
	"numstore.example/services/internal/kvserver"
)

// registerMetrics puts the figures of a node, of its links, and of calls into a registry. How many calls there are, and with which status they
// end, is among the figures of every server.
func registerMetrics(registry prometheus.Registerer, n *node.Node, c *calls) {
	kvserver.RegisterDisk(registry, "gossipkv", n)
	registry.MustRegister(figures{n}, prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "gossipkv_unmet_total", Help: "Gets that were told that this server does not have yet what their session has seen.",
	}, func() float64 { return float64(c.unmet.Load()) }))
}

// figures tells what a node's Status has.
type figures struct{ node *node.Node }

// figure is one of the node's.
type figure struct {
	*prometheus.Desc
	value func(*node.Status) float64
}

func ofNode(name, help string, value func(*node.Status) float64) figure {
	return figure{prometheus.NewDesc(name, help, nil, nil), value}
}

var nodeFigures = []figure{
	ofNode("gossipkv_keys", "Keys held that have a value.", func(s *node.Status) float64 { return float64(s.Counts.Keys) }),
	ofNode("gossipkv_bytes", "Bytes of these keys and values.", func(s *node.Status) float64 { return float64(s.Counts.Bytes) }),
	ofNode("gossipkv_tombstones", "Tombstones that are kept until all members know of them.", func(s *node.Status) float64 { return float64(s.Counts.Tombstones) }),
	ofNode("gossipkv_time", "The logical time: the greatest of all writes that this server has.", func(s *node.Status) float64 { return float64(s.Time) }),
	ofNode("gossipkv_refused", "1 while this server is none of the system's, as it was forgotten or has the number of another one: it takes no writes. Else 0.", func(s *node.Status) float64 { return kvserver.Boolean(s.Refused != nil) }),
	ofNode("gossipkv_members", "Servers that are members, whether they run or not.", func(s *node.Status) float64 { return float64(members(s.Roster)) }),
}

func members(roster merge.Roster) (count int) {
	for _, standing := range roster {
		if standing.State == merge.Member {
			count++
		}
	}
	return count
}

// linkFigure is one that each link has, under the labels server (0 as long as it was never reached) and address.
type linkFigure struct {
	*prometheus.Desc
	kind  prometheus.ValueType
	value func(*node.LinkStatus) float64
}

func ofLink(kind prometheus.ValueType, name, help string, value func(*node.LinkStatus) float64) linkFigure {
	return linkFigure{prometheus.NewDesc(name, help, []string{"server", "address"}, nil), kind, value}
}

var linkFigures = []linkFigure{
	ofLink(prometheus.GaugeValue, "gossipkv_link_up", "1 while messages get through to the other server, as far as this one knows; else 0.", func(l *node.LinkStatus) float64 { return kvserver.Boolean(l.Up) }),
	ofLink(prometheus.GaugeValue, "gossipkv_link_behind_entries", "Entries that the other server lacks, as far as this one knows. Not counted beyond a hundred thousand.", func(l *node.LinkStatus) float64 { return float64(l.BehindEntries) }),
	ofLink(prometheus.GaugeValue, "gossipkv_link_behind_bytes", "Bytes of the keys and values of these.", func(l *node.LinkStatus) float64 { return float64(l.BehindBytes) }),
	ofLink(prometheus.GaugeValue, "gossipkv_link_last_exchange_timestamp_seconds", "When something came from the other server last; 0 if nothing ever did.", func(l *node.LinkStatus) float64 {
		if l.LastExchange.IsZero() {
			return 0
		}
		return float64(l.LastExchange.UnixMilli()) / 1000
	}),
	ofLink(prometheus.CounterValue, "gossipkv_link_sent_bytes_total", "Bytes of messages sent to the other server.", func(l *node.LinkStatus) float64 { return float64(l.Sent) }),
	ofLink(prometheus.CounterValue, "gossipkv_link_received_bytes_total", "Bytes of messages received from the other server.", func(l *node.LinkStatus) float64 { return float64(l.Received) }),
}

// Describe implements prometheus.Collector.
func (figures) Describe(descriptions chan<- *prometheus.Desc) {
	for _, f := range nodeFigures {
		descriptions <- f.Desc
	}
	for _, f := range linkFigures {
		descriptions <- f.Desc
	}
}

// Collect implements prometheus.Collector. What a damaged store does not tell is left out.
func (f figures) Collect(metrics chan<- prometheus.Metric) {
	status, _ := f.node.Status()
	for _, figure := range nodeFigures {
		metrics <- prometheus.MustNewConstMetric(figure.Desc, prometheus.GaugeValue, figure.value(&status))
	}
	for i := range status.Links {
		link := &status.Links[i]
		for _, figure := range linkFigures {
			metrics <- prometheus.MustNewConstMetric(figure.Desc, figure.kind, figure.value(link), strconv.FormatUint(uint64(link.Server), 10), link.Address)
		}
	}
}
