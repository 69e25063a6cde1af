package push

import (
	"bytes"
	"encoding/binary"
	"image"
)

// The JPEG markers that are looked at.
const (
	markerSOS   = 0xda // pixels begin
	markerEOI   = 0xd9
	markerAPP1  = 0xe1 // EXIF and others
	markerAPP14 = 0xee // Adobe: other colours
)

// jpegSegments calls visit with each segment before the pixels, until it returns false.
func jpegSegments(raw []byte, visit func(marker byte, body []byte) bool) {
	for i := 2; i < len(raw); {
		if raw[i] != 0xff { // the decoder skips such bytes too
			i++
			continue
		}
		for i < len(raw) && raw[i] == 0xff {
			i++
		}
		if i >= len(raw) {
			return
		}
		marker := raw[i]
		i++
		switch {
		case marker == 0x00 || marker == 0x01 || marker >= 0xd0 && marker <= 0xd8:
			continue // without a body
		case marker == markerSOS || marker == markerEOI || len(raw)-i < 2:
			return
		}
		n := int(binary.BigEndian.Uint16(raw[i:]))
		if n < 2 || n > len(raw)-i {
			return
		}
		if !visit(marker, raw[i+2:i+n]) {
			return
		}
		i += n
	}
}

// jpegMemory counts the samples of each channel, the coefficients that a progressive file
// keeps until its last scan, and a second picture where colours are converted.
func jpegMemory(raw []byte, c image.Config) int64 {
	pixels := int64(c.Width) * int64(c.Height)
	cost := 15 * pixels // the most there is, should the header not be found
	converted, found := false, false
	jpegSegments(raw, func(marker byte, body []byte) bool {
		if marker == markerAPP14 {
			converted = true
		}
		if found || marker < 0xc0 || marker > 0xc2 || len(body) < 6 {
			return true
		}
		n := int(body[5])
		if len(body) < 6+3*n {
			return false
		}
		var area, h, v int64
		for k := range n {
			ch, cv := int64(body[7+3*k]>>4), int64(body[7+3*k]&15)
			area, h, v = area+ch*cv, max(h, ch), max(v, cv)
		}
		if h*v == 0 {
			return false
		}
		cost = pixels * area / (h * v)
		if marker == 0xc2 {
			cost *= 1 + 4
		}
		converted = converted || n == 4 || n == 3 && body[6] == 'R' && body[9] == 'G'
		found = true
		return true
	})
	if converted {
		cost += 4 * pixels
	}
	return cost
}

// orientation is the EXIF orientation of a JPEG, 1 to 8; 1 (upright) when there is none, when
// it makes no sense, and for the other formats, whose viewers do not heed it.
func orientation(raw []byte) int {
	turn := 1
	if !bytes.HasPrefix(raw, []byte("\xff\xd8\xff")) {
		return turn
	}
	jpegSegments(raw, func(marker byte, body []byte) bool {
		tiff, ok := bytes.CutPrefix(body, []byte("Exif\x00\x00"))
		if marker != markerAPP1 || !ok {
			return true
		}
		turn = tiffOrientation(tiff)
		return false
	})
	return turn
}

// tiffOrientation reads tag 0x0112 of the first directory.
func tiffOrientation(b []byte) int {
	if len(b) < 8 {
		return 1
	}
	var order binary.ByteOrder
	switch string(b[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return 1
	}
	at := int64(order.Uint32(b[4:]))
	if at < 8 || at+2 > int64(len(b)) {
		return 1
	}
	dir := b[at+2:]
	for range order.Uint16(b[at:]) {
		if len(dir) < 12 {
			return 1
		}
		const tag, short = 0x0112, 3
		if order.Uint16(dir) == tag && order.Uint16(dir[2:]) == short && order.Uint32(dir[4:]) == 1 {
			if v := int(order.Uint16(dir[8:])); v >= 1 && v <= 8 {
				return v
			}
			return 1
		}
		dir = dir[12:]
	}
	return 1
}
