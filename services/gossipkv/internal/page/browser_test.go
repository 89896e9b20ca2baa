package page

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"numstore.example/contracts/gossipkvpb"
	"numstore.example/services/internal/statuspage"
	"numstore.example/services/internal/statuspage/statuspagetest"
)

// TestDocument: the page is one document that needs nothing from elsewhere and makes markup of nothing that it was told.
func TestDocument(t *testing.T) { statuspagetest.CheckDocument(t, open(t, newFake())) }

// TestBrowser: somebody who opens the page sees the server, its links and the others as they are, without any markup that others
// have sent.
func TestBrowser(t *testing.T) {
	const hostile = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`
	f := newFake()
	f.answers(func(_ context.Context, asked int) (*gossipkvpb.StatusResponse, error) {
		return changed(well(asked), func(s *gossipkvpb.StatusResponse) {
			s.Version = hostile
			s.Links[0].BehindEntries, s.Links[0].BehindBytes = 12_345, 1<<20
			s.Links = append(s.Links, &gossipkvpb.Link{Address: "d:8000", Reason: "it was not reached yet"})
			s.Links[1].Up, s.Links[1].Address, s.Links[1].Reason = false, hostile, "refused by "+hostile
			s.Members[1].Vector = vector(85, 95, 70)
			s.Members[2].State = gossipkvpb.MemberState_MEMBER_STATE_FORGOTTEN
		}), nil
	})
	handler := open(t, f)
	look(t, handler)
	time.Sleep(statuspage.Freshness) // the browser sees the second view, which has rates
	server := httptest.NewServer(handler)
	defer server.Close()
	escaped := strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace(hostile)
	statuspagetest.ExpectOn(t, statuspagetest.Browse(t, server.URL, 1), []string{
		"server 1 · incarnation 00000000000000a1", "3 problems", "Live, every 2 s", "1 of 3", "Not reached yet", "not known", "● </span>answers", "90.0&nbsp;GiB", "64.0&nbsp;MiB", "1,000",
		"▲ </span>12,345 entries", "1.0&nbsp;MiB", "b:8000", "● </span>up", "▲ </span>down", "refused by " + escaped,
		"▲ lacks server 1: 85 to 90", "ahead of this one, server 2: 80 to 95", "◌ </span>forgotten", "00000000000000a3", "this one", "nothing",
	}, "<img", "owned</title>", "<script>document")
}

// TestBrowser_alone: a server that is linked to nobody says so.
func TestBrowser_alone(t *testing.T) {
	f := newFake()
	f.answers(func(_ context.Context, asked int) (*gossipkvpb.StatusResponse, error) {
		return changed(well(asked), func(s *gossipkvpb.StatusResponse) { s.Links, s.Members = nil, s.Members[:1] }), nil
	})
	server := httptest.NewServer(open(t, f))
	defer server.Close()
	statuspagetest.ExpectOn(t, statuspagetest.Browse(t, server.URL, 1), []string{"All is well", "linked to no other", "0 of 0", "1 of 1"})
}

// TestBrowser_phone: a screen 360 pixels wide shows all of it without scrolling sideways, however long the names are.
func TestBrowser_phone(t *testing.T) {
	f := newFake()
	f.answers(func(_ context.Context, asked int) (*gossipkvpb.StatusResponse, error) {
		return changed(well(asked), func(s *gossipkvpb.StatusResponse) {
			s.Version, s.Keys, s.Bytes, s.Time = strings.Repeat("v1", 50), 1e18, 1e18, 1e18
			s.Links[0].Address, s.Links[1].Reason = strings.Repeat("long", 50)+".example.net:8000", strings.Repeat("refused", 50)
			s.Links[1].Up, s.Links[0].BehindEntries, s.Links[0].SentBytes = false, 1e18, 1e18
			s.Vector = vector(1e18, 1e18, 1e18)
			s.Members[1].Vector, s.Members[2].Vector = vector(2e18, 1), nil
		}), nil
	})
	statuspagetest.CheckPhone(t, open(t, f), 1+2+3)
}
