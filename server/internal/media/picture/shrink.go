package picture

// cover says which pixels of a row, or rows, a pixel of the shrunk picture is the mean of, and
// how much the first and the last of them count. Those between count fully.
type cover struct {
	first, last         int
	firstPart, lastPart uint32 // lastPart is 0 if there is only one
}

// covers divides one side of a picture. All parts of a pixel of the shrunk picture add up to
// the length of the side, and a pixel that counts fully counts as much as the shrunk side.
func covers(from, to int) []cover {
	all := make([]cover, to)
	for i := range all {
		low, high := i*from, (i+1)*from
		c := cover{first: low / to, last: (high - 1) / to}
		if c.first == c.last {
			c.firstPart = uint32(from)
		} else {
			c.firstPart = uint32((c.first+1)*to - low)
			c.lastPart = uint32(high - c.last*to)
		}
		all[i] = c
	}
	return all
}

// shrinker makes a smaller picture, each pixel of which is the mean of the area that it covers.
// It sees one row of the large picture at a time. The kernels of x/image/draw look as good, and
// need three times the time and a hundred times the memory.
type shrinker struct {
	from, to     struct{ x, y int }
	channels     int
	across, down []cover
	line         []uint32 // of the current row, summed across
	sum          []uint64 // of the rows so far
	full, all    uint64
}

func newShrinker(fromX, fromY, toX, toY, channels int) *shrinker {
	s := &shrinker{channels: channels, across: covers(fromX, toX), down: covers(fromY, toY)}
	s.from.x, s.from.y, s.to.x, s.to.y = fromX, fromY, toX, toY
	s.line, s.sum = make([]uint32, toX*channels), make([]uint64, toX*channels)
	s.full, s.all = uint64(toY), uint64(fromX)*uint64(fromY)
	return s
}

// run fills dst. The function row returns a row of the large picture; pause is called after each.
func (s *shrinker) run(dst []byte, row func(y int) []byte, pause func() error) error {
	have := -1
	for y, c := range s.down {
		clear(s.sum)
		for from := c.first; from <= c.last; from++ {
			if from != have {
				s.squeeze(row(from))
				have = from
				if err := pause(); err != nil {
					return err
				}
			}
			s.add(c, from)
		}
		line := dst[y*len(s.sum) : (y+1)*len(s.sum)]
		for i, v := range s.sum {
			line[i] = byte((v + s.all/2) / s.all)
		}
	}
	return nil
}

// add adds the current row to a row of the shrunk picture.
func (s *shrinker) add(c cover, from int) {
	weight := s.full
	switch from {
	case c.first:
		weight = uint64(c.firstPart)
	case c.last:
		weight = uint64(c.lastPart)
	}
	for i, v := range s.line {
		s.sum[i] += weight * uint64(v)
	}
}

// squeeze sums a row across.
func (s *shrinker) squeeze(row []byte) {
	if s.channels == 1 {
		s.squeeze1(row)
	} else {
		s.squeeze4(row)
	}
}

func (s *shrinker) squeeze1(row []byte) {
	full := uint32(s.to.x)
	for i, c := range s.across {
		v := uint32(row[c.first]) * c.firstPart
		if c.lastPart > 0 {
			var between uint32
			for _, b := range row[c.first+1 : c.last] {
				between += uint32(b)
			}
			v += between*full + uint32(row[c.last])*c.lastPart
		}
		s.line[i] = v
	}
}

func (s *shrinker) squeeze4(row []byte) {
	full := uint32(s.to.x)
	for i, c := range s.across {
		first := row[4*c.first : 4*c.first+4]
		v := [4]uint32{
			uint32(first[0]) * c.firstPart, uint32(first[1]) * c.firstPart,
			uint32(first[2]) * c.firstPart, uint32(first[3]) * c.firstPart,
		}
		if c.lastPart > 0 {
			var between [4]uint32
			for b := row[4*(c.first+1) : 4*c.last]; len(b) >= 4; b = b[4:] {
				between[0] += uint32(b[0])
				between[1] += uint32(b[1])
				between[2] += uint32(b[2])
				between[3] += uint32(b[3])
			}
			last := row[4*c.last : 4*c.last+4]
			for k := range v {
				v[k] += between[k]*full + uint32(last[k])*c.lastPart
			}
		}
		copy(s.line[4*i:], v[:])
	}
}
