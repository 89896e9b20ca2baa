package statuspage

import (
	"math"
	"regexp"
	"strconv"
	"testing"
)

// TestContrast: all text can be read, light and dark: 4.5 to 1 at least, as WCAG 2 wants it.
func TestContrast(t *testing.T) {
	schemes := regexp.MustCompile(`:root \{([^}]*)\}`).FindAllStringSubmatch(frameStyle, -1)
	if len(schemes) != 2 {
		t.Fatalf("the style has %d sets of colours; want a light and a dark one", len(schemes))
	}
	for _, scheme := range schemes {
		colours := make(map[string]float64)
		for _, found := range regexp.MustCompile(`--(\w+): #([0-9a-f]{6});`).FindAllStringSubmatch(scheme[1], -1) {
			colours[found[1]] = luminance(t, found[2])
		}
		for _, text := range []string{"ink", "soft", "link", "good", "warn", "bad"} {
			for _, ground := range []string{"ground", "surface", "raised"} {
				a, b := colours[text], colours[ground]
				if ratio := (max(a, b) + .05) / (min(a, b) + .05); ratio < 4.5 {
					t.Errorf("%s on %s has a contrast of %.2f", text, ground, ratio)
				}
			}
		}
	}
}

// luminance returns the relative luminance of a colour of six hexadecimal digits.
func luminance(t *testing.T, colour string) (sum float64) {
	t.Helper()
	for i, weight := range []float64{.2126, .7152, .0722} {
		value, err := strconv.ParseUint(colour[2*i:2*i+2], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		part := float64(value) / 255
		if part <= .04045 {
			part /= 12.92
		} else {
			part = math.Pow((part+.055)/1.055, 2.4)
		}
		sum += weight * part
	}
	return sum
}
