// Package house keeps the layout of the repository: who may import whom, what stands at the top level,
// and that every package says what it is for.
package house

import (
	"regexp"
	"strings"
)

const module = "numstore.example/"

// rule forbids the packages that match from to import those that match to. In to, $1 stands for what
// the first group of from has matched.
type rule struct {
	from, to string
	except   string // of what matches to; may be empty
	reason   string
}

// Patterns of import paths. A package of the standard library has no dot in its first element.
const (
	cores    = `(?:services/[^/]+/internal/(?:numbers|kv|shard|merge)|contracts/placement)$`
	rpc      = module + `contracts/.*|google\.golang\.org/(?:grpc|protobuf)(?:/.*)?`
	anything = `.*`
)

var rules = []rule{
	{
		from: module + `contracts/.*`, to: anything,
		except: `[^.]+(?:/.*)?|` + rpc,
		reason: "what outsiders build on brings nothing but gRPC and protobuf with it",
	},
	{
		from: module + `(?:tools|compat)(?:/.*)?`, to: module + `services/.*`,
		reason: "tools and tests know the services by their contracts alone",
	},
	{
		from: module + `services/.*`, to: module + `(?:tools|compat)(?:/.*)?`,
		reason: "a server needs none of its tools",
	},
	{
		from: module + `tools/internal/lab`, to: module + `tools/.*`,
		except: module + `tools/internal/(?:process|result|study)`,
		reason: "what starts servers and has loads held on them knows neither who compares them nor how that is shown",
	},
	{
		from: module + `services/([^/]+)(?:/.*)?`, to: module + `services/.*`,
		except: module + `services/(?:$1|internal)(?:/.*)?`,
		reason: "services share services/internal, and nothing else",
	},
	{
		from: module + cores, to: `(?:time|context|net|os|io|log|runtime|syscall)(?:/.*)?|` + rpc,
		reason: "a core is rules: no clock, no network, no disk, no gRPC",
	},
	{
		from:   module + `services/numstore/internal/remote`,
		to:     rpc + `|go\.etcd\.io/.*|` + module + `services/numstore/internal/(?:etcd|raftkv|server)`,
		reason: "who keeps numbers in an engine knows its rows, and not which engine it is",
	},
	{
		from:   module + `services/numstore/internal/(?:etcd|raftkv)`,
		to:     module + `(?:contracts/numstorepb|services/numstore/internal/(?:numbers|server))`,
		reason: "an engine keeps rows, and does not know what they say",
	},
	{
		from:   module + `services/internal/engine(?:/.*)?`,
		to:     rpc + `|go\.etcd\.io/raft/.*|` + module + `services/internal/rpcserver`,
		reason: "what every store on disk shares knows no shard, no Raft and no calls",
	},
	{
		from:   module + `services/internal/links`,
		to:     module + `.*|google\.golang\.org/protobuf/.*|go\.etcd\.io/raft/.*`,
		reason: "what carries messages between servers does not know what they say, nor whose they are",
	},
	{
		from: module + `services/[^/]+/internal/storage`, to: rpc,
		reason: "storage knows the disk and the core",
	},
	{
		from:   module + `services/([^/]+)/internal/node`,
		to:     module + `services/$1/internal/(?:peer|server)|` + module + `contracts/.*`,
		reason: "a node declares the transport that it needs; it does not know who brings it",
	},
	{
		from:   module + `services/([^/]+)/internal/server(?:/.*)?`,
		to:     module + `services/$1/internal/storage|` + module + `services/internal/engine|github\.com/cockroachdb/pebble/.*|go\.etcd\.io/raft/.*`,
		reason: "a server asks its node, which may have the data elsewhere",
	},
	{
		from:   module + `services/([^/]+)/internal/peer`,
		to:     module + `services/$1/internal/server|` + module + `contracts/.*`,
		except: module + `contracts/reason`, // words for people
		reason: "what replicas say to each other is no business of clients",
	},
	{
		from:   module + `services/internal/statuspage(?:/.*)?`,
		to:     module + `(?:contracts/.*|services/internal/(?:engine|kvserver|rpcserver)(?:/.*)?)`,
		reason: "the frame of a page knows neither what is shown on it nor the process that shows it",
	},
	{
		from:   module + `services/internal/kvserver`,
		to:     module + `contracts/.*`,
		reason: "what servers of stores share is told of a contract what it needs",
	},
	{
		from:   module + `services/([^/]+)/internal/page`,
		to:     module + `services/(?:$1/internal/.*|internal/.*)|github\.com/cockroachdb/pebble/.*|go\.etcd\.io/raft/.*`,
		except: module + `services/internal/statuspage(?:/.*)?`,
		reason: "a page shows what nodes tell their clients; it is wired to the process by main",
	},
}

// forbidden returns the reason why a package may not import another, or "" if it may.
func forbidden(importer, imported string) string {
	for _, rule := range rules {
		from := regexp.MustCompile(`^(?:` + rule.from + `)$`).FindStringSubmatch(importer)
		if from == nil {
			continue
		}
		matches := func(pattern string) bool {
			if len(from) > 1 {
				pattern = strings.ReplaceAll(pattern, "$1", regexp.QuoteMeta(from[1]))
			}
			return pattern != "" && regexp.MustCompile(`^(?:`+pattern+`)$`).MatchString(imported)
		}
		if matches(rule.to) && !matches(rule.except) {
			return rule.reason
		}
	}
	return ""
}
