package push

import "bytes"

const maxVoiceBytes = 2 << 20 // as the platform's own limit

// cleanVoice checks that a voice is one and takes off what is not sound: tags before and
// after MP3, anything after the last whole frame of AMR. The sound itself stays as it is.
// Its error is an *unfitError.
func cleanVoice(raw []byte) ([]byte, error) {
	if len(raw) > maxVoiceBytes {
		return nil, &unfitError{"voice over 2 MB"}
	}
	var sound []byte
	switch {
	case bytes.HasPrefix(raw, []byte(amrNarrow)):
		sound = cleanAMR(raw, amrNarrow, amrNarrowSizes())
	case bytes.HasPrefix(raw, []byte(amrWide)):
		sound = cleanAMR(raw, amrWide, amrWideSizes())
	case bytes.HasPrefix(raw, []byte("#!SILK_V3")), bytes.HasPrefix(raw, []byte("\x02#!SILK_V3")):
		sound = raw
	case bytes.HasPrefix(raw, []byte("OggS")) && bytes.Contains(raw[:min(len(raw), 64)], []byte("Speex   ")):
		sound = raw
	default:
		sound = cleanMP3(raw)
	}
	if len(sound) == 0 {
		return nil, &unfitError{"not a voice"}
	}
	return sound, nil
}

const (
	amrNarrow = "#!AMR\n"
	amrWide   = "#!AMR-WB\n"
)

// The bytes of an AMR frame by its type, its head included; 0 means there is no such type.
// https://www.rfc-editor.org/rfc/rfc4867#section-5.3
func amrNarrowSizes() [16]int {
	return [16]int{13, 14, 16, 18, 20, 21, 27, 32, 6, 0, 0, 0, 0, 0, 0, 1}
}

func amrWideSizes() [16]int {
	return [16]int{18, 24, 33, 37, 41, 47, 51, 59, 61, 6, 0, 0, 0, 0, 1, 1}
}

// cleanAMR keeps the magic and every whole frame up to the first thing that is none; nil
// when not one frame is there.
func cleanAMR(raw []byte, magic string, sizes [16]int) []byte {
	end := len(magic)
	for end < len(raw) {
		const padding = 0b1000_0011
		n := sizes[raw[end]>>3&15]
		if raw[end]&padding != 0 || n == 0 || n > len(raw)-end {
			break
		}
		end += n
	}
	if end == len(magic) {
		return nil
	}
	return raw[:end]
}

// cleanMP3 takes off ID3 tags, version 2 in front and version 1 behind; nil when what is left
// does not begin with a frame of MPEG audio, layer III.
func cleanMP3(raw []byte) []byte {
	for len(raw) >= 10 && string(raw[:3]) == "ID3" {
		n := 10
		for i, b := range raw[6:10] {
			n += int(b&0x7f) << (7 * (3 - i))
		}
		if raw[5]&0x10 != 0 {
			n += 10 // a footer
		}
		raw = raw[min(n, len(raw)):]
	}
	raw = bytes.TrimLeft(raw, "\x00") // padding between tag and sound
	const id3v1 = 128
	if len(raw) >= id3v1 && string(raw[len(raw)-id3v1:len(raw)-id3v1+3]) == "TAG" {
		raw = raw[:len(raw)-id3v1]
	}
	const layerIII = 0b01
	if len(raw) < 4 || raw[0] != 0xff || raw[1]&0xe0 != 0xe0 || raw[1]>>1&3 != layerIII ||
		raw[1]>>3&3 == 1 || raw[2]>>4 == 15 || raw[2]>>2&3 == 3 {
		return nil
	}
	return raw
}
