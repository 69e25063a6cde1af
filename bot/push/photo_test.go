package push

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"golang.org/x/image/bmp"
)

// corners are the colours of a test picture: top left, top right, bottom left, bottom right.
func corners() [4]color.RGBA {
	return [4]color.RGBA{{200, 30, 30, 255}, {30, 200, 30, 255}, {30, 30, 200, 255}, {200, 200, 30, 255}}
}

// quarters paints a picture whose four quarters have the colours of corners.
func quarters(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetRGBA(x, y, corners()[2*(2*y/h)+2*x/w])
		}
	}
	return m
}

// stored is how a camera stores the picture when it says that it must be turned so.
func stored(seen *image.RGBA, turn int) *image.RGBA {
	w, h := seen.Bounds().Dx(), seen.Bounds().Dy()
	if turn >= 5 {
		w, h = h, w
	}
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range seen.Bounds().Dy() {
		for x := range seen.Bounds().Dx() {
			fx, fy := x, y // by the words of the EXIF standard: which edge is row 0, which column 0
			switch turn {
			case 2:
				fx = w - 1 - x
			case 3:
				fx, fy = w-1-x, h-1-y
			case 4:
				fy = h - 1 - y
			case 5:
				fx, fy = y, x
			case 6:
				fx, fy = y, h-1-x
			case 7:
				fx, fy = w-1-y, h-1-x
			case 8:
				fx, fy = w-1-y, x
			}
			m.SetRGBA(fx, fy, seen.RGBAAt(x, y))
		}
	}
	return m
}

func asJPEG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asPNG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// segment is a JPEG segment.
func segment(marker byte, body string) []byte {
	b := binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(len(body)+2))
	return append(b, body...)
}

// exif is a segment with an orientation, a maker and words that must not survive.
func exif(order binary.AppendByteOrder, turn int) []byte {
	b := []byte("II*\x00")
	if order.String() == "BigEndian" {
		b = []byte("MM\x00*")
	}
	b = order.AppendUint32(b, 8)
	b = order.AppendUint16(b, 2)
	b = order.AppendUint16(b, 0x010f) // maker
	b = order.AppendUint16(b, 2)
	b = order.AppendUint32(b, 12)
	b = order.AppendUint32(b, 38)
	b = order.AppendUint16(b, 0x0112) // orientation
	b = order.AppendUint16(b, 3)
	b = order.AppendUint32(b, 1)
	b = order.AppendUint16(b, uint16(turn))
	b = order.AppendUint16(b, 0)
	b = order.AppendUint32(b, 0)
	b = append(b, "SecretMaker\x00GPSLatitude 31.3 120.6"...)
	return segment(markerAPP1, "Exif\x00\x00"+string(b))
}

// with puts segments right after the start of a JPEG.
func with(jpg []byte, segments ...[]byte) []byte {
	return bytes.Join(append(append([][]byte{jpg[:2]}, segments...), jpg[2:]), nil)
}

func newTestDarkroom() *darkroom { return newDarkroom(decodingMemory, maxPixels, decodingLimit) }

func develop(t *testing.T, raw []byte) image.Image {
	t.Helper()
	out, err := newTestDarkroom().develop(t.Context(), raw)
	if err != nil {
		t.Fatalf("develop: %v", err)
	}
	m, err := jpeg.Decode(bytes.NewReader(out))
	if err != nil {
		t.Fatalf("the kept photo is no JPEG: %v", err)
	}
	return m
}

func near(a, b color.Color) bool {
	ar, ag, ab, _ := a.RGBA()
	br, bg, bb, _ := b.RGBA()
	for _, d := range []int{int(ar) - int(br), int(ag) - int(bg), int(ab) - int(bb)} {
		if max(d, -d) > 20<<8 {
			return false
		}
	}
	return true
}

func wantQuarters(t *testing.T, m image.Image, w, h int) {
	t.Helper()
	if m.Bounds().Dx() != w || m.Bounds().Dy() != h {
		t.Fatalf("size %v, want %d×%d", m.Bounds().Max, w, h)
	}
	for i, want := range corners() {
		x, y := w/4+i%2*w/2, h/4+i/2*h/2
		if !near(m.At(x, y), want) {
			t.Errorf("quarter %d is %v, want %v", i, m.At(x, y), want)
		}
	}
}

func TestPhotoIsTurnedUpright(t *testing.T) {
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		for turn := 1; turn <= 8; turn++ {
			t.Run(fmt.Sprintf("%v %d", order, turn), func(t *testing.T) {
				raw := with(asJPEG(t, stored(quarters(96, 64), turn)), segment(0xe0, "JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"), exif(order, turn))
				wantQuarters(t, develop(t, raw), 96, 64)
			})
		}
	}
}

func TestPhotoWithNonsenseOrientation(t *testing.T) {
	good := exif(binary.BigEndian, 6)
	rows := map[string][]byte{
		"zero": exif(binary.BigEndian, 0), "nine": exif(binary.BigEndian, 9),
		"no directory": segment(markerAPP1, "Exif\x00\x00MM\x00*\x00\x00\x00\x08"),
		"far offset":   segment(markerAPP1, "Exif\x00\x00MM\x00*\xff\xff\xff\xff\x00\x01"),
		"near offset":  segment(markerAPP1, "Exif\x00\x00MM\x00*\x00\x00\x00\x00\x00\x01"),
		"cut":          segment(markerAPP1, string(good[4:40])),
		"no order":     segment(markerAPP1, "Exif\x00\x00XX\x00*\x00\x00\x00\x08"),
		"short":        segment(markerAPP1, "Exif\x00\x00MM"),
		"not EXIF":     segment(markerAPP1, "http://ns.adobe.com/xap/1.0/\x00<x/>"),
	}
	for name, seg := range rows {
		t.Run(name, func(t *testing.T) {
			wantQuarters(t, develop(t, with(asJPEG(t, quarters(64, 32)), seg)), 64, 32)
		})
	}
}

func TestPhotoFormatsAndSizes(t *testing.T) {
	picture := quarters(64, 48)
	var frames, bitmap bytes.Buffer
	pal := color.Palette{corners()[0], corners()[1], corners()[2], corners()[3]}
	first, second := image.NewPaletted(picture.Rect, pal), image.NewPaletted(picture.Rect, pal)
	for i := range first.Pix {
		first.Set(i%64, i/64, picture.At(i%64, i/64))
	}
	if err := gif.EncodeAll(&frames, &gif.GIF{Image: []*image.Paletted{first, second}, Delay: []int{1, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := bmp.Encode(&bitmap, picture); err != nil {
		t.Fatal(err)
	}
	deep := image.NewNRGBA64(picture.Rect)
	for i := range 64 * 48 {
		deep.Set(i%64, i/64, picture.At(i%64, i/64))
	}
	rows := map[string]struct {
		raw  []byte
		w, h int
	}{
		"JPEG":              {asJPEG(t, picture), 64, 48},
		"PNG":               {asPNG(t, picture), 64, 48},
		"PNG of 16 bits":    {asPNG(t, deep), 64, 48},
		"GIF, first frame":  {frames.Bytes(), 64, 48},
		"BMP":               {bitmap.Bytes(), 64, 48},
		"just small enough": {asJPEG(t, quarters(2048, 100)), 2048, 100},
		"wide":              {asJPEG(t, quarters(4100, 300)), 2048, 149},
		"tall":              {asJPEG(t, quarters(300, 9000)), 68, 2048},
		"a thread":          {asPNG(t, quarters(2, 30000)), 1, 2048},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			m := develop(t, row.raw)
			if row.w > 1 {
				wantQuarters(t, m, row.w, row.h)
			} else if m.Bounds().Dx() != row.w || m.Bounds().Dy() != row.h {
				t.Errorf("size %v", m.Bounds().Max)
			}
		})
	}
}

func TestPhotoWebP(t *testing.T) {
	rows := map[string]string{
		"lossy":    "UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA",
		"lossless": "UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==",
	}
	for name, text := range rows {
		t.Run(name, func(t *testing.T) {
			raw, err := base64.StdEncoding.DecodeString(text)
			if err != nil {
				t.Fatal(err)
			}
			if m := develop(t, raw); m.Bounds().Dx() != 1 || m.Bounds().Dy() != 1 {
				t.Errorf("size %v, want 1×1", m.Bounds().Max)
			}
		})
	}
}

func TestTransparentPhotoIsOnWhite(t *testing.T) {
	m := develop(t, asPNG(t, image.NewNRGBA(image.Rect(0, 0, 32, 32))))
	if !near(m.At(16, 16), color.White) {
		t.Errorf("clear pixel became %v, want white", m.At(16, 16))
	}
}

// Averaging, not picking: fine stripes become grey, whatever the factor.
func TestShrinkAverages(t *testing.T) {
	m := image.NewGray(image.Rect(0, 0, 9000, 40))
	for i := range m.Pix {
		m.Pix[i] = uint8(i % 2 * 255)
	}
	out := shrink(m, longSide)
	for x := range out.Bounds().Dx() {
		if g := out.RGBAAt(x, 4).R; g < 90 || g > 165 {
			t.Fatalf("pixel %d is %d, want grey", x, g)
		}
	}
}

func TestNothingHiddenSurvives(t *testing.T) {
	words := []string{"Exif", "SecretMaker", "GPSLatitude", "a comment", "http://ns.adobe.com", "<script>", "PK\x03\x04", "ICC_PROFILE", "tEXt", "Author"}
	jpg := with(asJPEG(t, quarters(64, 64)),
		exif(binary.LittleEndian, 1), segment(0xfe, "a comment <script>"), segment(markerAPP1, "http://ns.adobe.com/xap/1.0/\x00<x/>"),
		segment(0xe2, "ICC_PROFILE\x00\x01\x01"+strings.Repeat("x", 128)))
	rows := map[string][]byte{
		"segments":       jpg,
		"zip behind":     append(bytes.Clone(jpg), "PK\x03\x04<script>alert(1)</script>"...),
		"second picture": append(bytes.Clone(jpg), jpg...),
		"PNG with text":  pngWith(asPNG(t, quarters(64, 64)), "tEXt", "Author\x00SecretMaker"),
	}
	for name, raw := range rows {
		t.Run(name, func(t *testing.T) {
			out, err := newTestDarkroom().develop(t.Context(), raw)
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range words {
				if bytes.Contains(out, []byte(w)) {
					t.Errorf("%q survived", w)
				}
			}
			if len(out) < 100 || !bytes.HasPrefix(out, []byte("\xff\xd8\xff")) || !bytes.HasSuffix(out, []byte("\xff\xd9")) {
				t.Errorf("%d bytes that are no JPEG", len(out))
			}
			jpegSegments(out, func(marker byte, _ []byte) bool {
				if marker >= 0xe0 && marker <= 0xef || marker == 0xfe {
					t.Errorf("segment %#x in the kept photo", marker)
				}
				return true
			})
		})
	}
}

// pngWith puts a chunk after the header of a PNG.
func pngWith(raw []byte, kind, body string) []byte {
	const afterHeader = 8 + 25
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	chunk = append(append(chunk, kind...), body...)
	chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(chunk[4:]))
	return bytes.Join([][]byte{raw[:afterHeader], chunk, raw[afterHeader:]}, nil)
}

func TestUnfitPhotos(t *testing.T) {
	jpg, pic := asJPEG(t, quarters(200, 200)), asPNG(t, quarters(200, 200))
	rows := map[string]struct {
		raw    []byte
		reason string
	}{
		"empty":          {nil, "not a photo"},
		"text":           {[]byte(`{"errcode":40007,"errmsg":"invalid media_id"}`), "not a photo"},
		"HTML":           {[]byte("<html><script>"), "not a photo"},
		"SVG":            {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`), "not a photo"},
		"PDF":            {[]byte("%PDF-1.7"), "not a photo"},
		"video":          {[]byte("\x00\x00\x00\x18ftypmp42"), "not a photo"},
		"magic alone":    {[]byte("\xff\xd8\xff"), "broken photo"},
		"truncated JPEG": {jpg[:len(jpg)*2/3], "broken photo"},
		"truncated PNG":  {pic[:len(pic)*2/3], "broken photo"},
		"PNG to HTML":    {append(bytes.Clone(pic[:8]), "<html>"...), "broken photo"},
		"no pixels":      {claims(t, 0, 16)["JPEG"], "empty photo"},
		"too many bytes": {append(bytes.Clone(jpg), make([]byte, maxPhotoBytes)...), "photo over 10 MB"},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			_, err := newTestDarkroom().develop(t.Context(), row.raw)
			var unfit *unfitError
			if !errors.As(err, &unfit) || unfit.reason != row.reason {
				t.Errorf("got %v, want %s", err, row.reason)
			}
		})
	}
}

func FuzzPhoto(f *testing.F) {
	small := quarters(16, 12)
	f.Add(with(asJPEG(f, small), exif(binary.BigEndian, 6)))
	f.Add(asPNG(f, small))
	f.Add([]byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00\x3b"))
	f.Add([]byte("RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00"))
	f.Add([]byte("BM"))
	f.Add(exif(binary.LittleEndian, 3))
	d := newDarkroom(64<<20, 1<<20, decodingLimit)
	f.Fuzz(func(t *testing.T, raw []byte) {
		out, err := d.develop(t.Context(), raw)
		if err != nil {
			var unfit *unfitError
			if !errors.As(err, &unfit) {
				t.Errorf("an error that is not about the photo: %v", err)
			}
			return
		}
		c, err := jpeg.DecodeConfig(bytes.NewReader(out))
		if err != nil || max(c.Width, c.Height) > longSide {
			t.Errorf("kept %d×%d: %v", c.Width, c.Height, err)
		}
		if bytes.Contains(out, []byte("Exif\x00")) {
			t.Error("EXIF survived")
		}
	})
}

// BenchmarkPhoto is a phone's photo of 12 megapixels, from fetched to ready to keep.
func BenchmarkPhoto(b *testing.B) {
	m := quarters(4000, 3000)
	for i := range m.Pix {
		m.Pix[i] += uint8(i * 7 % 31) // as much detail as a photo has
	}
	raw := asJPEG(b, m)
	d := newTestDarkroom()
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.develop(b.Context(), raw); err != nil {
			b.Fatal(err)
		}
	}
}
