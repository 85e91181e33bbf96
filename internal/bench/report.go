package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
)

// report is everything that was measured.
type report struct {
	Machine machine   `json:"machine"`
	Results []*result `json:"results"`
	Bars    []bar     `json:"bars"`
}

// The status of a measurement.
const (
	statusMeasured    = "measured"
	statusUnavailable = "not available"
	statusFailed      = "failed"
)

// result is the measurement of one tool in one case.
type result struct {
	Case       string   `json:"case"`
	About      string   `json:"about"`
	As         string   `json:"as,omitempty"` // who ran tallow and peers over a link: root or user
	Tool       string   `json:"tool"`
	ToolAbout  string   `json:"tool_about"`
	Status     string   `json:"status"`
	Why        string   `json:"why,omitempty"` // if it was not measured
	Bytes      int64    `json:"bytes"`
	Files      int      `json:"files"`
	Congestion string   `json:"congestion_control,omitempty"` // at both ends of a link, of programs that ask for none
	BBR        string   `json:"asked_for_bbr,omitempty"`      // what a program got that asked for BBR
	Runs       []sample `json:"runs"`

	Seconds  spread      `json:"seconds"`
	Received spread      `json:"received_seconds"`
	First    spread      `json:"first_data_seconds"`
	Rate     spread      `json:"megabytes_per_second"`
	Middle   spread      `json:"middle_mbit"`
	Beside   spread      `json:"beside_mbit"`
	Share    spread      `json:"share"`
	Sides    []sideTotal `json:"sides"`

	link *link // of the case
}

// sideTotal is what one side has used in all runs.
type sideTotal struct {
	Name string `json:"name"`
	CPU  spread `json:"cpu_seconds"`
	Peak spread `json:"peak_bytes"`
}

// spread is a median with its minimum and maximum.
type spread struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
}

// spreadOf returns the zero spread if there are no values.
func spreadOf(values []float64) spread {
	if len(values) == 0 {
		return spread{}
	}
	v := slices.Sorted(slices.Values(values))
	middle := len(v) / 2
	median := v[middle]
	if len(v)%2 == 0 {
		median = (v[middle-1] + v[middle]) / 2
	}
	return spread{Median: median, Min: v[0], Max: v[len(v)-1]}
}

func newReport(m machine) *report { return &report{Machine: m, Results: []*result{}, Bars: []bar{}} }

// fail notes why there are no figures.
func (r *result) fail(err error) {
	r.Status, r.Why = statusFailed, err.Error()
	if isUnavailable(err) {
		r.Status = statusUnavailable
	}
}

// summarize computes the medians of the runs.
func (r *result) summarize() {
	if r.Status == statusMeasured && len(r.Runs) == 0 {
		r.fail(errors.New("the benchmark ended before"))
	}
	over := func(of func(sample) float64) spread {
		var values []float64
		for _, s := range r.Runs {
			if v := of(s); v > 0 {
				values = append(values, v)
			}
		}
		return spreadOf(values)
	}
	r.Seconds = over(func(s sample) float64 { return s.Seconds })
	r.Received = over(func(s sample) float64 { return s.Received })
	r.First = over(func(s sample) float64 { return s.First })
	r.Rate = over(func(s sample) float64 { return float64(r.Bytes) / 1e6 / s.Seconds })
	r.Middle = over(func(s sample) float64 { return s.Middle })
	r.Beside = over(func(s sample) float64 { return s.Beside })
	r.Share = over(func(s sample) float64 { return s.Share })
	if len(r.Runs) == 0 {
		return
	}
	for i, first := range r.Runs[0].Sides {
		r.Sides = append(r.Sides, sideTotal{
			Name: first.Name,
			CPU:  over(func(s sample) float64 { return s.Sides[i].CPU }),
			Peak: over(func(s sample) float64 { return float64(s.Sides[i].Peak) }),
		})
	}
}

// failures returns how many measurements failed.
func (r *report) failures() (n int) {
	for _, one := range r.Results {
		if one.Status == statusFailed {
			n++
		}
	}
	return n
}

// save writes all figures to a file.
func (r *report) save(file string) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(file, append(b, '\n'), 0o644); err != nil {
		return fmt.Errorf("the JSON was not saved: %w", err)
	}
	return nil
}
