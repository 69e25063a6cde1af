package demo

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	_ "image/gif" // an upload may be one
	"image/jpeg"
	_ "image/png" // an upload may be one
	"math"

	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp" // an upload may be one
)

const (
	maxPixels = 24 << 20 // largest picture that is opened
	thumbSide = 480      // longest side of what the chat shows, in pixels
)

var errPicture = errors.New("not a picture that can be shown")

// shrink makes the small picture that the chat shows; what is sent stays as it was.
func (s *Server) shrink(b []byte) ([]byte, error) {
	s.decode.Lock()
	defer s.decode.Unlock()
	c, _, err := image.DecodeConfig(bytes.NewReader(b))
	if err != nil || c.Width <= 0 || c.Height <= 0 || c.Width > maxPixels/c.Height {
		return nil, errPicture
	}
	img, _, err := image.Decode(bytes.NewReader(b))
	if err != nil {
		return nil, errPicture
	}
	w, h := c.Width, c.Height
	if side := max(w, h); side > thumbSide {
		w, h = max(w*thumbSide/side, 1), max(h*thumbSide/side, 1)
	}
	return scaled(img, w, h)
}

func scaled(img image.Image, w, h int) ([]byte, error) {
	small := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(small, small.Bounds(), image.White, image.Point{}, draw.Src)
	draw.CatmullRom.Scale(small, small.Bounds(), img, img.Bounds(), draw.Over, nil)
	var out bytes.Buffer
	if err := jpeg.Encode(&out, small, &jpeg.Options{Quality: 80}); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// silence is a recording of three seconds without a sound, in AMR as WeChat sends it.
func silence() []byte {
	return append([]byte("#!AMR\n"), bytes.Repeat([]byte{0x7c}, 150)...)
}

// sampleNames are what the sample pictures show.
var sampleNames = [...]string{"河边乱晾晒", "路灯不亮", "路面坑洼"}

// drawSamples paints the sample pictures, twice as large as needed so that edges come out smooth.
func drawSamples() [][]byte {
	var list [][]byte
	for _, paint := range []func(*canvas){laundry, lamp, pothole} {
		c := &canvas{image.NewRGBA(image.Rect(0, 0, wide, high))}
		paint(c)
		var out bytes.Buffer
		if err := jpeg.Encode(&out, c.half(), &jpeg.Options{Quality: 80}); err != nil {
			panic(err) // a buffer takes everything, and the size is right
		}
		list = append(list, out.Bytes())
	}
	return list
}

// The size that sample pictures are painted in.
const wide, high = 1280, 960

type canvas struct{ *image.RGBA }

func rgb(v uint32) color.RGBA {
	return color.RGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 255}
}

func (c *canvas) box(x0, y0, x1, y1 int, v uint32) {
	x0, y0, x1, y1 = max(x0, 0), max(y0, 0), min(x1, wide), min(y1, high)
	if x0 >= x1 {
		return
	}
	for y := y0; y < y1; y++ {
		row := c.Pix[c.PixOffset(x0, y):c.PixOffset(x1, y)]
		p := rgb(v)
		for n := copy(row, []byte{p.R, p.G, p.B, p.A}); n < len(row); n *= 2 {
			copy(row[n:], row[:n])
		}
	}
}

// half is the picture at half the size, every point the mean of four.
func (c *canvas) half() *image.RGBA {
	small := image.NewRGBA(image.Rect(0, 0, wide/2, high/2))
	for y := range high / 2 {
		above, below, out := c.Pix[2*y*c.Stride:], c.Pix[(2*y+1)*c.Stride:], small.Pix[y*small.Stride:]
		for i := range wide / 2 * 4 {
			j := i/4*8 + i%4
			out[i] = uint8((int(above[j]) + int(above[j+4]) + int(below[j]) + int(below[j+4])) / 4)
		}
	}
	return small
}

// fade fills the whole width from one colour above to another below.
func (c *canvas) fade(y0, y1 int, above, below uint32) {
	a, b := rgb(above), rgb(below)
	mix := func(p, q uint8, t float64) uint32 { return uint32(float64(p)*(1-t) + float64(q)*t) }
	for y := y0; y < y1; y++ {
		t := float64(y-y0) / float64(y1-y0)
		c.box(0, y, wide, y+1, mix(a.R, b.R, t)<<16|mix(a.G, b.G, t)<<8|mix(a.B, b.B, t))
	}
}

// oval fills an ellipse.
func (c *canvas) oval(cx, cy, rx, ry int, v uint32) {
	for y := cy - ry; y < cy+ry; y++ {
		dy := float64(y-cy) / float64(ry)
		half := int(float64(rx) * math.Sqrt(1-dy*dy))
		c.box(cx-half, y, cx+half, y+1, v)
	}
}

// stroke draws a thick line.
func (c *canvas) stroke(x0, y0, x1, y1, thick int, v uint32) {
	steps := int(math.Hypot(float64(x1-x0), float64(y1-y0))) + 1
	for i := 0; i <= steps; i++ {
		x, y := x0+(x1-x0)*i/steps, y0+(y1-y0)*i/steps
		c.box(x-thick/2, y-thick/2, x+thick/2+1, y+thick/2+1, v)
	}
}

func laundry(c *canvas) {
	c.fade(0, 545, 0xbfdcec, 0xeaf3f4)
	c.box(60, 120, 460, 560, 0xefe9df) // a house by the river
	c.box(40, 96, 480, 130, 0x5b646b)
	for i := range 6 {
		x, y := 110+i%3*115, 190+i/3*150
		c.box(x, y, x+70, y+90, 0x7d97a6)
	}
	c.box(0, 540, 1280, 650, 0xb9b3a8) // the bank
	c.fade(650, 960, 0x6fa6a0, 0x3f7f86)
	for i := range 9 {
		c.box(80+i*137, 720+i%4*50, 190+i*137, 726+i%4*50, 0x9cc7c2)
	}
	for _, x := range []int{560, 1200} {
		c.box(x-9, 250, x+9, 650, 0x6a5847)
	}
	c.stroke(560, 280, 880, 318, 5, 0x444444)
	c.stroke(880, 318, 1200, 280, 5, 0x444444)
	for i, v := range []uint32{0xd9534f, 0xf2c14e, 0x4f86c6, 0xffffff, 0x8a6bbd} {
		x, y := 600+i*118, 300+[]int{0, 12, 18, 12, 0}[i]
		c.box(x, y, x+84, y+180, v)
		c.box(x-20, y+8, x+104, y+56, v)
	}
}

func lamp(c *canvas) {
	c.fade(0, 960, 0x141c2e, 0x2b3550)
	c.oval(1080, 150, 60, 60, 0xf3efd8)
	c.oval(1055, 138, 55, 55, 0x17203a)
	for i := range 3 {
		x := 40 + i*290
		c.box(x, 330-i%2*70, x+240, 800, 0x1f2840)
		for j := range 8 {
			v := uint32(0x2c3757)
			if (i*5+j*3)%7 == 0 {
				v = 0xe9c46a
			}
			c.box(x+30+j%2*110, 380+j/2*95, x+100+j%2*110, 430+j/2*95, v)
		}
	}
	c.box(0, 790, 1280, 960, 0x191f30)
	c.box(930, 240, 950, 830, 0x77809a)
	c.stroke(940, 246, 800, 226, 14, 0x77809a)
	c.oval(790, 238, 62, 26, 0x4a5268)
	c.oval(790, 246, 44, 14, 0x2a3043)
}

func pothole(c *canvas) {
	c.fade(0, 330, 0xcfe3ee, 0xf2f5f2)
	c.box(0, 250, 1280, 340, 0x7fa36b)
	for i := range 7 {
		c.oval(90+i*190, 240, 90, 80, 0x6b9159)
	}
	c.box(0, 330, 1280, 372, 0xc7c2b8)
	c.fade(372, 960, 0x868a8e, 0x6c7074)
	for i := range 4 {
		c.box(60+i*340, 500, 230+i*340, 516, 0xe8e6de)
	}
	c.oval(660, 730, 330, 120, 0x565a5e)
	c.oval(665, 740, 290, 98, 0x3f4246)
	c.oval(680, 756, 220, 66, 0x7c8f99)
	c.oval(640, 744, 120, 26, 0xa9bcc4)
	c.stroke(330, 720, 180, 660, 7, 0x4b4e52)
	c.stroke(985, 760, 1130, 820, 7, 0x4b4e52)
	c.stroke(560, 620, 520, 540, 7, 0x4b4e52)
}
