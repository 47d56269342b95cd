package picture

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
)

const (
	gifExtension = 0x21
	gifFrame     = 0x2c
	gifTrailer   = 0x3b
	gifControl   = 0xf9 // how long a frame is shown, and which colour is transparent in it
	gifProgram   = 0xff // an extension of some program: only those that make a picture repeat are kept

	lenProgram = 11
)

// gifCleaner copies a GIF file block by block.
type gifCleaner struct {
	in      *bufio.Reader
	out     *bufio.Writer
	info    Info
	control []byte // belongs to the next frame
	body    []byte // of an extension, used again for the next one
	buffer  [1 << 10]byte
}

func cleanGIF(out *bufio.Writer, in *bufio.Reader) (Info, error) {
	c := gifCleaner{in: in, out: out, info: Info{Orientation: upright}}
	if err := c.run(); err != nil {
		return Info{}, short(err)
	}
	return c.info, nil
}

// run copies everything up to the end of the picture. Many files lack the block that ends them,
// and browsers show them all the same, so it is added.
func (c *gifCleaner) run() error {
	if err := c.header(); err != nil {
		return err
	}
	for {
		block, err := c.in.ReadByte()
		switch {
		case err == nil && block == gifFrame:
			err = c.frame()
		case err == nil && block == gifExtension:
			err = c.extension()
		case errors.Is(err, io.EOF) && c.info.Frames > 0, err == nil && c.info.Frames > 0:
			c.write([]byte{gifTrailer})
			return nil
		case err == nil:
			return damaged("it has no frame")
		}
		if err != nil {
			return err
		}
	}
}

// header copies the size of the picture and the colours that all its frames share.
func (c *gifCleaner) header() error {
	head := c.buffer[:13]
	if _, err := io.ReadFull(c.in, head); err != nil {
		return err
	}
	if s := string(head[:6]); s != "GIF87a" && s != "GIF89a" {
		return damaged("it does not start as a GIF file")
	}
	c.info.Width = int(binary.LittleEndian.Uint16(head[6:]))
	c.info.Height = int(binary.LittleEndian.Uint16(head[8:]))
	c.info.memory = int64(c.info.Width) * int64(c.info.Height)
	c.write(head)
	return c.colours(head[10])
}

// colours copies a table of colours, if the flags say that there is one.
func (c *gifCleaner) colours(flags byte) error {
	if flags&0x80 == 0 {
		return nil
	}
	table := c.buffer[:3<<(flags&7+1)]
	if _, err := io.ReadFull(c.in, table); err != nil {
		return err
	}
	c.write(table)
	return nil
}

// frame copies a frame, and the block that controls it.
func (c *gifCleaner) frame() error {
	head := c.buffer[:9]
	if _, err := io.ReadFull(c.in, head); err != nil {
		return err
	}
	c.write(c.control)
	c.control = nil
	c.write([]byte{gifFrame})
	c.write(head)
	c.info.Frames++
	if err := c.colours(head[8]); err != nil {
		return err
	}
	width, err := c.in.ReadByte() // of the codes
	if err != nil {
		return err
	}
	c.write([]byte{width})
	return c.blocks(c.write)
}

// extension copies an extension that controls a frame or the repetition, and drops all others.
func (c *gifCleaner) extension() error {
	label, err := c.in.ReadByte()
	if err != nil {
		return err
	}
	body := c.body[:0]
	err = c.blocks(func(b []byte) {
		if len(body) < len(c.buffer) {
			body = append(body, b...)
		}
	})
	c.body = body
	if err != nil {
		return err
	}
	switch {
	case label == gifControl && len(body) >= 5 && body[0] == 4:
		c.control = append([]byte{gifExtension, gifControl}, append(body[:5:5], 0)...)
	case label == gifProgram && repeats(body):
		c.write(append([]byte{gifExtension, gifProgram}, append(body[:1+lenProgram+4], 0)...))
	}
	return nil
}

// repeats reports whether the blocks of an extension say how often the picture is repeated. The
// name of the extension comes first, then a block of three bytes, of which the first is 1.
func repeats(body []byte) bool {
	if len(body) < 1+lenProgram+4 || body[0] != lenProgram || body[lenProgram+1] != 3 || body[lenProgram+2] != 1 {
		return false
	}
	name := string(body[1 : 1+lenProgram])
	return name == "NETSCAPE2.0" || name == "ANIMEXTS1.0"
}

// blocks hands over each of a chain of blocks with its length before it, and then the empty
// block that ends the chain.
func (c *gifCleaner) blocks(hand func([]byte)) error {
	for {
		n, err := c.in.ReadByte()
		if err != nil {
			return err
		}
		block := c.buffer[:1+int(n)]
		block[0] = n
		if _, err := io.ReadFull(c.in, block[1:]); err != nil {
			return err
		}
		hand(block)
		if n == 0 {
			return nil
		}
	}
}

func (c *gifCleaner) write(b []byte) { _, _ = c.out.Write(b) }
