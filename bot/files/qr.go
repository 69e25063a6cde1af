package files

import (
	"fmt"
	"html/template"
	"strings"

	"rsc.io/qr"
)

// qrPath draws the black squares of a QR code for text as the path of an SVG whose sides are size units long, with the white
// margin of four units that scanners need. Medium correction survives a crease in the paper.
func qrPath(text string) (path string, size int, err error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return "", 0, fmt.Errorf("drawing a QR code: %w", err)
	}
	const margin = 4
	var b strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			from := x
			for x < code.Size && code.Black(x, y) {
				x++
			}
			if x > from {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", from+margin, y+margin, x-from, x-from)
			}
		}
	}
	return b.String(), code.Size + 2*margin, nil
}

// QR is a QR code as an SVG element without a size of its own. Text is at most some 2,000 bytes.
func QR(text string) (template.HTML, error) {
	path, size, err := qrPath(text)
	if err != nil {
		return "", err
	}
	return template.HTML(fmt.Sprintf(`<svg viewBox="0 0 %d %d" role="img" aria-label="QR"><rect width="100%%" height="100%%" fill="#fff"/><path d="%s"/></svg>`,
		size, size, path)), nil
}
