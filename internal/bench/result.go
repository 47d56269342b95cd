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

// metric is one figure beside a result's own.
type metric struct {
	Name  string
	Value float64
}

// result is what a benchmark found, ours beside the bare engine's.
type result struct {
	Name   string
	Value  float64
	Unit   string
	Bare   float64 // where nothing bare does the same, the least it could be; NaN where nobody knows that
	Higher bool    // more is better
	More   []metric
}

// Ratio is ours over bare.
func (r result) Ratio() float64 { return r.Value / r.Bare }

// beside is a result beside another bare engine's; its further figures stand with the first.
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

// MarshalJSON implements json.Marshaler: one flat object, its own figures first and the others in their order.
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

// number writes a figure to four digits, for no more of it would come again. What is no number is null.
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

// writeTable writes all results, each with its further figures underneath.
func writeTable(out io.Writer, results []result) error {
	var text strings.Builder
	tab := tabwriter.NewWriter(&text, 0, 0, 3, ' ', 0)
	_, _ = fmt.Fprintln(tab, "benchmark\tours\tbare\tratio\tunit\tbetter") // a Builder takes everything
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

// wrap lays figures out in indented lines of up to 100 characters.
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
