package push

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/image/bmp"
)

// claims returns headers alone, which claim w×h pixels.
func claims(t *testing.T, w, h int) map[string][]byte {
	t.Helper()
	jpg := asJPEG(t, quarters(16, 16))
	sof := bytes.Index(jpg, []byte{0xff, 0xc0})
	binary.BigEndian.PutUint16(jpg[sof+5:], uint16(h))
	binary.BigEndian.PutUint16(jpg[sof+7:], uint16(w))
	progressive := bytes.Clone(jpg)
	progressive[sof+1] = 0xc2
	pic := asPNG(t, quarters(16, 16))
	binary.BigEndian.PutUint32(pic[16:], uint32(w))
	binary.BigEndian.PutUint32(pic[20:], uint32(h))
	binary.BigEndian.PutUint32(pic[29:], crc32.ChecksumIEEE(pic[12:29]))
	g := append([]byte("GIF89a"), byte(w), byte(w>>8), byte(h), byte(h>>8), 0x80, 0, 0, 0, 0, 0, 255, 255, 255)
	g = append(g, 0x2c, 0, 0, 0, 0, byte(w), byte(w>>8), byte(h), byte(h>>8), 0, 2, 2, 0x4c, 1, 0, 0x3b)
	x := append([]byte("RIFF\x16\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00"), byte(w-1), byte((w-1)>>8), byte((w-1)>>16), byte(h-1), byte((h-1)>>8), byte((h-1)>>16))
	var bitmap bytes.Buffer
	if err := bmp.Encode(&bitmap, quarters(16, 16)); err != nil {
		t.Fatal(err)
	}
	binary.LittleEndian.PutUint32(bitmap.Bytes()[18:], uint32(w))
	binary.LittleEndian.PutUint32(bitmap.Bytes()[22:], uint32(h))
	return map[string][]byte{"JPEG": jpg, "progressive JPEG": progressive, "PNG": pic, "GIF": g, "WebP": x, "BMP": bitmap.Bytes()}
}

func TestBombsAreRefusedUnopened(t *testing.T) {
	bombs := claims(t, 60000, 60000)
	bombs["WebP"] = claims(t, 40000, 40000)["WebP"] // the most its decoder lets a header claim
	for name, raw := range bombs {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := newTestDarkroom().develop(t.Context(), raw)
			runtime.ReadMemStats(&after)
			var unfit *unfitError
			if !errors.As(err, &unfit) || !strings.Contains(unfit.reason, "pixels") {
				t.Errorf("got %v, want too many pixels", err)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 4<<20 {
				t.Errorf("%d bytes used to refuse", used)
			}
		})
	}
	t.Run("progressive within the pixels", func(t *testing.T) {
		_, err := newTestDarkroom().develop(t.Context(), claims(t, 7000, 7000)["progressive JPEG"])
		var unfit *unfitError
		if !errors.As(err, &unfit) || !strings.Contains(unfit.reason, "memory") {
			t.Errorf("got %v, want too much memory", err)
		}
	})
}

// scans is a progressive JPEG of 16 megapixels with n scans that say nothing in 40 bytes,
// each of which has the decoder walk over the whole picture.
func scans(n int) []byte {
	b := []byte{0xff, 0xd8}
	b = append(b, segment(0xdb, "\x00"+strings.Repeat("\x01", 64))...)
	b = append(b, segment(0xc2, "\x08\x0f\xa0\x0f\xa0\x01\x01\x11\x00")...)
	b = append(b, segment(0xc4, "\x10\x01"+strings.Repeat("\x00", 15)+"\xe0")...) // code 0: 2¹⁴ empty blocks, and 14 bits more
	for range n {
		b = append(b, segment(markerSOS, "\x01\x01\x00\x01\x3f\x00")...)
		b = append(b, make([]byte, 30)...) // 16 such codes cover the 250,000 blocks
	}
	return append(b, 0xff, 0xd9)
}

func TestDecodingEndsInTime(t *testing.T) {
	few := newTestDarkroom()
	if _, err := few.develop(t.Context(), scans(3)); err != nil {
		t.Fatalf("three scans: %v", err)
	}
	d := newDarkroom(decodingMemory, maxPixels, 300*time.Millisecond)
	from := time.Now()
	_, err := d.develop(t.Context(), scans(200_000))
	if !errors.Is(err, errSlow) {
		t.Errorf("got %v, want errSlow", err)
	}
	if took := time.Since(from); took > 10*time.Second {
		t.Errorf("ended after %v", took)
	}
}

// stuck is a format that decodes until its reader fails.
func stuck() *format {
	return &format{decode: func(r io.Reader) (image.Image, error) {
		for b := make([]byte, 1); ; {
			if _, err := r.Read(b); err != nil && !errors.Is(err, io.EOF) {
				return nil, err
			}
			<-time.After(time.Second)
		}
	}}
}

func TestDecodeTimeOutAndStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if _, err := newTestDarkroom().decode(t.Context(), stuck(), nil); !errors.Is(err, errSlow) {
			t.Errorf("got %v, want errSlow", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := newTestDarkroom().decode(ctx, stuck(), nil); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, errSlow) {
			t.Errorf("got %v, want the caller's end", err)
		}
	})
}

func TestDarkroomIsSmall(t *testing.T) {
	d := newTestDarkroom()
	for range photosAtOnce {
		if !d.memory.TryAcquire(d.budget / photosAtOnce) {
			t.Fatal("no room for two")
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := d.develop(ctx, asJPEG(t, quarters(8, 8))); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a third photo got in: %v", err)
	}
}
