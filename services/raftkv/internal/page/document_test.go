package page

import (
	"testing"

	"numstore.example/services/internal/statuspage/statuspagetest"
)

// TestDocument: the page is one document that needs nothing from elsewhere and makes markup of nothing that it was told.
func TestDocument(t *testing.T) { statuspagetest.CheckDocument(t, open(t, newFake(1))) }
