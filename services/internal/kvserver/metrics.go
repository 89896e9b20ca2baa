package kvserver

import (
	"github.com/cockroachdb/pebble/v2"
	"github.com/prometheus/client_golang/prometheus"

	"numstore.example/services/internal/engine"
)

// OnDisk is a store on a disk, or what has one.
type OnDisk interface {
	Disk() engine.Disk
	Pebble() *pebble.Metrics
}

// RegisterDisk puts the figures of a store and its disk into a registry. The name of the service begins their names.
func RegisterDisk(registry prometheus.Registerer, service string, s OnDisk) {
	gauge(registry, service+"_writable", "1 while all writes are taken, 0 while the disk is full and deletions alone are.", func() float64 { return Boolean(s.Disk().Writable == nil) })
	gauge(registry, service+"_disk_free_bytes", "Bytes that are free on the disk beside the reserve.", func() float64 { return float64(s.Disk().Free) })
	gauge(registry, service+"_disk_stalled_seconds", "How long a sync has been under way, if that is longer than --disk-stall; else 0.",
		func() float64 { return s.Disk().Stalled.Seconds() })
	gauge(registry, service+"_disk_bytes", "Bytes of all files of the store.", func() float64 { return float64(s.Pebble().DiskSpaceUsage()) })
	counter(registry, service+"_wal_bytes_total", "Bytes written to the write-ahead log.", func() float64 { return float64(s.Pebble().WAL.BytesWritten) })
}

// Boolean is a truth as a figure.
func Boolean(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func gauge(registry prometheus.Registerer, name, help string, value func() float64) {
	registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
}

func counter(registry prometheus.Registerer, name, help string, value func() float64) {
	registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, value))
}
