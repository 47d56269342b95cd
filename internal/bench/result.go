package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"
)

// metric is one figure besides a result's own.
type metric struct {
	Name  string
	Value float64
}

// result is the outcome of a benchmark: our figure beside that of the bare engine.
type result struct {
	Name  string
	Value float64
	Unit  string
	// Bare is the least it could be if nothing bare does the same. It is NaN if the least is
	// not known.
	Bare   float64
	Higher bool // more is better
	More   []metric
}

// Ratio returns ours divided by bare.
func (r result) Ratio() float64 { return r.Value / r.Bare }

// beside returns a result that compares ours with another bare engine. Its further figures stay
// with the first result.
func beside(r result, name string, bare float64) result {
	r.Name, r.Bare, r.More = r.Name+name, bare, nil
	return r
}

func (r result) better() string {
	if r.Higher {
		return "higher"
	}
	return "lower"
}

// MarshalJSON implements json.Marshaler. It writes one flat object, first its own figures and
// then the others in their order.
func (r result) MarshalJSON() ([]byte, error) {
	name, err := json.Marshal(r.Name)
	if err != nil {
		return nil, err
	}
	out := fmt.Appendf(nil, `{"name":%s,"value":%s,"unit":%q,"bare":%s,"ratio":%s,"better":%q`,
		name, number(r.Value), r.Unit, number(r.Bare), number(r.Ratio()), r.better())
	for _, m := range r.More {
		out = fmt.Appendf(out, `,%q:%s`, m.Name, number(m.Value))
	}
	return append(out, '}'), nil
}

// number formats a figure with four digits, because a repeated run would not give more of them
// again. A value that is not a number becomes null.
func number(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "null"
	}
	if v == 0 {
		return "0"
	}
	decimals := max(0, 3-int(math.Floor(math.Log10(math.Abs(v)))))
	return strings.TrimSuffix(trimZeros(strconv.FormatFloat(v, 'f', decimals, 64)), ".")
}

func trimZeros(s string) string {
	if strings.Contains(s, ".") {
		return strings.TrimRight(s, "0")
	}
	return s
}

// writeTable writes all results, each with its further figures below it.
func writeTable(out io.Writer, results []result) error {
	var text strings.Builder
	tab := tabwriter.NewWriter(&text, 0, 0, 3, ' ', 0)
	_, _ = fmt.Fprintln(tab, "benchmark\tours\tbare\tratio\tunit\tbetter") // a Builder never fails
	for _, r := range results {
		_, _ = fmt.Fprintf(tab, "%s\t%s\t%s\t%s\t%s\t%s\n",
			r.Name, number(r.Value), number(r.Bare), number(r.Ratio()), r.Unit, r.better())
	}
	if err := tab.Flush(); err != nil {
		return err
	}
	for _, r := range results {
		text.WriteString("\n" + r.Name + "\n" + wrap(r.More))
	}
	_, err := io.WriteString(out, text.String())
	return err
}

// wrap formats figures in indented lines of up to 100 characters.
func wrap(more []metric) string {
	var text strings.Builder
	width := 0
	for _, m := range more {
		cell := m.Name + " " + number(m.Value)
		switch {
		case width == 0:
			text.WriteString("  ")
		case width+len(cell) > 100:
			text.WriteString("\n  ")
			width = 0
		default:
			text.WriteString("   ")
		}
		text.WriteString(cell)
		width += len(cell) + 3
	}
	return text.String() + "\n"
}
