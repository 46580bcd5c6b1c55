package contest

import (
	"bufio"
	"encoding/binary"
	"io"

	"github.com/gobwas/ws"
)

// Frames by hand: header and payload in one buffer for one write, and read from
// one buffer. Text frames up to 64 KiB, which is all that the baselines need.

const maskBit = 0x80

// appendFrame appends one text frame; mask nil is a server's frame.
func appendFrame(dst []byte, head, tail []byte, mask *[4]byte) []byte {
	n := len(head) + len(tail)
	bit := byte(0)
	if mask != nil {
		bit = maskBit
	}
	dst = append(dst, 0x80|byte(ws.OpText))
	if n < 126 {
		dst = append(dst, bit|byte(n))
	} else {
		dst = append(dst, bit|126)
		dst = binary.BigEndian.AppendUint16(dst, uint16(n))
	}
	if mask != nil {
		dst = append(dst, mask[:]...)
	}
	start := len(dst)
	dst = append(append(dst, head...), tail...)
	if mask != nil {
		ws.Cipher(dst[start:], *mask, 0)
	}
	return dst
}

// readFrame reads one frame's payload into buf, which grows as needed.
func readFrame(r *bufio.Reader, buf []byte) ([]byte, error) {
	h, err := r.Peek(2)
	if err != nil {
		return nil, err
	}
	masked, n, skip := h[1]&maskBit != 0, int(h[1]&^maskBit), 2
	if n == 126 {
		if h, err = r.Peek(4); err != nil {
			return nil, err
		}
		n, skip = int(binary.BigEndian.Uint16(h[2:])), 4
	}
	var mask [4]byte
	if masked {
		if h, err = r.Peek(skip + 4); err != nil {
			return nil, err
		}
		copy(mask[:], h[skip:])
		skip += 4
	}
	if _, err := r.Discard(skip); err != nil {
		return nil, err
	}
	if cap(buf) < n {
		buf = make([]byte, n)
	}
	buf = buf[:n]
	if _, err := io.ReadFull(r, buf); err != nil {
		return nil, err
	}
	if masked {
		ws.Cipher(buf, mask, 0)
	}
	return buf, nil
}
