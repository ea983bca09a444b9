package probes

// meterSeconds is the longest average, iftop's third column.
const meterSeconds = 40

// meter counts bytes and packets each way, and keeps the last 40 whole seconds
// for averages. Index 0 is sent, 1 received.
type meter struct {
	bytes, packets [2]uint64
	last           int64 // the second (since 1970) slot[last%n] stands for
	slots          [2][meterSeconds + 1]uint64
	peak           [2]float64 // highest 2 s average, bytes a second
	peakSum        float64
}

// slot is where a second is kept.
func slot(sec int64) int64 {
	const n = meterSeconds + 1
	return ((sec % n) + n) % n
}

// advance moves to a second, emptying the slots in between. A little time
// backwards counts into the present second; a clock that was set back by more
// than the whole window starts the window anew.
func (m *meter) advance(sec int64) {
	n := sec - m.last
	if n <= 0 && n > -meterSeconds {
		return
	}
	if n < 0 || n > meterSeconds {
		m.slots = [2][meterSeconds + 1]uint64{}
	} else {
		for i := range n {
			k := slot(sec - i)
			m.slots[0][k], m.slots[1][k] = 0, 0
		}
	}
	m.last = sec
}

func (m *meter) add(dir int, bytes, packets uint64, sec int64) {
	m.advance(sec)
	m.bytes[dir] += bytes
	m.packets[dir] += packets
	m.slots[dir][slot(m.last)] += bytes
}

// average is the mean over the last n whole seconds before now, bytes a second;
// the second in progress is left out. since is when counting began: an average
// over more time than has passed would be too low.
func (m *meter) average(dir, n int, now, since int64) float64 {
	m.advance(now)
	n = min(n, meterSeconds)
	if passed := int(now - since); passed < n {
		n = max(passed, 1)
	}
	sum := uint64(0)
	for i := 1; i <= n; i++ {
		if s := now - int64(i); s <= m.last && s > m.last-meterSeconds-1 {
			sum += m.slots[dir][slot(s)]
		}
	}
	return float64(sum) / float64(n)
}

// mark keeps the peaks; called once for each sample.
func (m *meter) mark(now, since int64) {
	a, b := m.average(0, 2, now, since), m.average(1, 2, now, since)
	m.peak[0], m.peak[1], m.peakSum = max(m.peak[0], a), max(m.peak[1], b), max(m.peakSum, a+b)
}

// move takes what from counted so far over into m; from is the part of another
// meter that turned out to belong here.
func (m *meter) move(from *meter, out *meter) {
	now := max(m.last, from.last)
	if out != nil {
		now = max(now, out.last)
		out.advance(now)
	}
	m.advance(now)
	from.advance(now)
	for d := range 2 {
		m.bytes[d] += from.bytes[d]
		m.packets[d] += from.packets[d]
		for i := range from.slots[d] {
			m.slots[d][i] += from.slots[d][i]
		}
		if out == nil {
			continue
		}
		out.bytes[d] -= min(out.bytes[d], from.bytes[d])
		out.packets[d] -= min(out.packets[d], from.packets[d])
		for i := range from.slots[d] {
			out.slots[d][i] -= min(out.slots[d][i], from.slots[d][i])
		}
	}
}
