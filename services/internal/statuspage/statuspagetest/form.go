package statuspagetest

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
)

// CheckGolden complains unless a status is what testdata/status.json has; with update, it writes that anew.
func CheckGolden(t *testing.T, status any, update bool) {
	t.Helper()
	const file = "testdata/status.json"
	got, err := json.MarshalIndent(status, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	if update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("the status is\n%s\nwant that of %s", got, file)
	}
}

// CheckDocumented complains about each field of S, which is what /status.json has, that the section on the status page of a README does
// not name. It returns how many fields there are.
func CheckDocumented[S any](t *testing.T, file string) (fields int) {
	t.Helper()
	readme, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(readme), "\n## The status page\n")
	section, _, _ = strings.Cut(section, "\n## ")
	var walk func(reflect.Type, string)
	walk = func(of reflect.Type, path string) {
		for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
			if of.Kind() == reflect.Slice {
				path += "[]"
			}
			of = of.Elem()
		}
		if path != "" {
			if fields++; !strings.Contains(section, "`"+path+"`") {
				t.Errorf("the README does not tell of `%s`", path)
			}
		}
		if of.Kind() == reflect.Struct && of != reflect.TypeFor[time.Time]() {
			for i := range of.NumField() {
				name := of.Field(i).Tag.Get("json")
				walk(of.Field(i).Type, strings.TrimPrefix(path+"."+name, "."))
			}
		}
	}
	walk(reflect.TypeFor[S](), "")
	return fields
}
