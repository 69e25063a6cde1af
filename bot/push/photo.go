package push

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"time"

	"golang.org/x/image/bmp"
	"golang.org/x/image/draw"
	"golang.org/x/image/webp"
	"golang.org/x/sync/semaphore"
)

const (
	maxPhotoBytes  = 10 << 20   // as the platform's own limit
	maxPixels      = 50_000_000 // the largest that phones make
	longSide       = 2048       // pixels of a kept photo, enough to read a door plate
	photoQuality   = 85
	photosAtOnce   = 2
	decodingMemory = 256 << 20 // bytes, estimated, for all photos being decoded
	decodingLimit  = 20 * time.Second
)

// unfitError is the error for content that will never be kept, whoever asks again. reason is
// a short English phrase for staff and operators; it holds nothing of the content.
type unfitError struct{ reason string }

func (u *unfitError) Error() string { return u.reason }

// errSlow is the error for a photo that could not be decoded in time.
var errSlow = errors.New("decoding took too long")

// darkroom develops photos, few at once and within a bound of memory.
type darkroom struct {
	memory *semaphore.Weighted
	budget int64 // of memory, in bytes
	pixels int64 // a photo has at most
	limit  time.Duration
}

func newDarkroom(budget, pixels int64, limit time.Duration) *darkroom {
	return &darkroom{memory: semaphore.NewWeighted(budget), budget: budget, pixels: pixels, limit: limit}
}

// develop makes of what a resident sent a JPEG that is upright, at most longSide pixels long
// and free of everything but pixels: no place, time, device, thumbnail or hidden content.
// What it is, its first bytes say; its size is judged before it is decoded.
// Errors: *unfitError, errSlow, or ctx's.
func (d *darkroom) develop(ctx context.Context, raw []byte) ([]byte, error) {
	if len(raw) > maxPhotoBytes {
		return nil, &unfitError{"photo over 10 MB"}
	}
	f := sniffPhoto(raw)
	if f == nil {
		return nil, &unfitError{"not a photo"}
	}
	turn, cost, err := d.weigh(f, raw)
	if err != nil {
		return nil, err
	}
	share := max(cost, d.budget/photosAtOnce)
	if err := d.memory.Acquire(ctx, share); err != nil {
		return nil, fmt.Errorf("wait for the darkroom: %w", err)
	}
	defer d.memory.Release(share)
	src, err := d.decode(ctx, f, raw)
	if err != nil {
		return nil, err
	}
	return encode(upright(shrink(src, longSide), turn))
}

// format is a kind of picture that can be read.
type format struct {
	is     func(raw []byte) bool
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
	// memory estimates the bytes of decoding; nil means by the colour model.
	memory func(raw []byte, c image.Config) int64
}

// sniffPhoto finds the format by the first bytes alone; nil means none.
func sniffPhoto(raw []byte) *format {
	for _, f := range []format{
		{is: starts("\xff\xd8\xff"), config: jpeg.DecodeConfig, decode: jpeg.Decode, memory: jpegMemory},
		{is: starts("\x89PNG\r\n\x1a\n"), config: png.DecodeConfig, decode: png.Decode, memory: pngMemory},
		{is: starts("GIF87a", "GIF89a"), config: gif.DecodeConfig, decode: gif.Decode}, // the first frame
		{is: isWebP, config: webp.DecodeConfig, decode: webp.Decode, memory: webpMemory},
		{is: starts("BM"), config: bmp.DecodeConfig, decode: bmp.Decode},
	} {
		if f.is(raw) {
			return &f
		}
	}
	return nil
}

func starts(magic ...string) func([]byte) bool {
	return func(raw []byte) bool {
		for _, m := range magic {
			if bytes.HasPrefix(raw, []byte(m)) {
				return true
			}
		}
		return false
	}
}

func isWebP(raw []byte) bool {
	return len(raw) >= 12 && string(raw[:4]) == "RIFF" && string(raw[8:12]) == "WEBP"
}

// weigh reads the header alone: how the picture must be turned (an EXIF orientation, 1 for
// not at all) and the memory that decoding takes.
func (d *darkroom) weigh(f *format, raw []byte) (turn int, cost int64, err error) {
	c, err := f.config(bytes.NewReader(raw))
	if err != nil {
		return 0, 0, &unfitError{"broken photo"}
	}
	if c.Width <= 0 || c.Height <= 0 {
		return 0, 0, &unfitError{"empty photo"}
	}
	pixels := int64(c.Width) * int64(c.Height)
	if int64(c.Width) > d.pixels || int64(c.Height) > d.pixels || pixels > d.pixels {
		return 0, 0, &unfitError{"photo with too many pixels"}
	}
	cost = pixels * depth(c.ColorModel)
	if f.memory != nil {
		cost = f.memory(raw, c)
	}
	cost += pixels // the first step of shrinking
	if cost > d.budget {
		return 0, 0, &unfitError{"photo takes too much memory"}
	}
	return orientation(raw), cost, nil
}

// depth is how many bytes one decoded pixel takes.
func depth(m color.Model) int64 {
	switch m {
	case color.GrayModel, color.AlphaModel:
		return 1
	case color.Gray16Model, color.Alpha16Model:
		return 2
	case color.RGBA64Model, color.NRGBA64Model:
		return 8
	}
	if _, ok := m.(color.Palette); ok {
		return 1
	}
	return 4
}

// pngMemory counts an interlaced picture twice: its passes are decoded one by one.
func pngMemory(raw []byte, c image.Config) int64 {
	n := int64(c.Width) * int64(c.Height) * depth(c.ColorModel)
	const interlace = 28 // offset of the field in the header that config has checked
	if len(raw) > interlace && raw[interlace] != 0 {
		n *= 2
	}
	return n
}

// webpMemory is that of the greediest kind: lossless pixels or alpha beside lossy ones.
func webpMemory(_ []byte, c image.Config) int64 {
	return 8 * int64(c.Width) * int64(c.Height)
}

// decode reads the pixels, and stops reading when it takes too long: small files can be made
// that keep a decoder busy for an hour.
func (d *darkroom) decode(ctx context.Context, f *format, raw []byte) (image.Image, error) {
	timed, done := context.WithTimeout(ctx, d.limit)
	defer done()
	src, err := f.decode(&timedReader{ctx: timed, r: bytes.NewReader(raw)})
	switch {
	case err == nil && !src.Bounds().Empty():
		return src, nil
	case ctx.Err() != nil:
		return nil, fmt.Errorf("decode photo: %w", ctx.Err())
	case timed.Err() != nil:
		return nil, errSlow
	}
	return nil, &unfitError{"broken photo"}
}

// timedReader yields no more once ctx is over. It hands out little at a time, since nothing
// stops a decoder between two reads.
type timedReader struct {
	ctx context.Context // of one decode
	r   io.Reader
}

func (t *timedReader) Read(b []byte) (int, error) {
	if err := t.ctx.Err(); err != nil {
		return 0, err
	}
	return t.r.Read(b[:min(len(b), 1024)])
}

// shrink scales to at most long pixels on the long side, never up. It halves first: each step
// then averages all the pixels it covers, which one big step of the quick scaler would not.
func shrink(src image.Image, long int) *image.RGBA {
	w, h := src.Bounds().Dx(), src.Bounds().Dy()
	toW, toH := w, h
	if l := max(w, h); l > long {
		toW, toH = max(w*long/l, 1), max(h*long/l, 1)
	}
	for {
		w, h = max(toW, w/2), max(toH, h/2)
		next := image.NewRGBA(image.Rect(0, 0, w, h))
		draw.ApproxBiLinear.Scale(next, next.Bounds(), src, src.Bounds(), draw.Src, nil)
		if w == toW && h == toH {
			return next
		}
		src = next
	}
}

// upright turns and mirrors as the EXIF orientation (1 to 8) says.
func upright(src *image.RGBA, turn int) *image.RGBA {
	if turn <= 1 || turn > 8 {
		return src
	}
	w, h := src.Bounds().Dx(), src.Bounds().Dy()
	dst := image.NewRGBA(image.Rect(0, 0, w, h))
	if turn >= 5 {
		dst = image.NewRGBA(image.Rect(0, 0, h, w))
	}
	for y := range dst.Bounds().Dy() {
		for x := range dst.Bounds().Dx() {
			dst.SetRGBA(x, y, src.RGBAAt(origin(turn, x, y, w, h)))
		}
	}
	return dst
}

// origin is the stored pixel that is seen at x, y; w and h are the stored size.
func origin(turn, x, y, w, h int) (int, int) {
	switch turn {
	case 2:
		return w - 1 - x, y
	case 3:
		return w - 1 - x, h - 1 - y
	case 4:
		return x, h - 1 - y
	case 5:
		return y, x
	case 6:
		return y, h - 1 - x
	case 7:
		return w - 1 - y, h - 1 - x
	case 8:
		return w - 1 - y, x
	}
	return x, y
}

// encode puts the picture on white paper and encodes it. The encoder writes pixels only.
func encode(src *image.RGBA) ([]byte, error) {
	paper := image.NewRGBA(src.Bounds())
	draw.Draw(paper, paper.Bounds(), image.White, image.Point{}, draw.Src)
	draw.Draw(paper, paper.Bounds(), src, src.Bounds().Min, draw.Over)
	var out bytes.Buffer
	if err := jpeg.Encode(&out, paper, &jpeg.Options{Quality: photoQuality}); err != nil {
		return nil, fmt.Errorf("encode photo: %w", err)
	}
	return out.Bytes(), nil
}
