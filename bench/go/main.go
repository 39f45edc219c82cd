// The reference design's algorithm, written for this benchmark: goroutines, net/http, JSON encoded
// for each request, one token bucket for all users, samples kept in a slice under a lock.
// Reads a load as a line of JSON, writes what came of it, and so on until its input ends.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"syscall"
	"time"
)

type load struct {
	URL          string   `json:"url"`
	Path         string   `json:"path"`
	PayloadBytes int      `json:"payload_bytes"`
	Users        int      `json:"users"`
	Rate         *float64 `json:"rate"`
	WarmUpS      float64  `json:"warm_up_s"`
	Seconds      float64  `json:"seconds"`
}

type outcome struct {
	Operations int     `json:"operations"`
	Failed     int     `json:"failed"`
	WallS      float64 `json:"wall_s"`
	CPUS       float64 `json:"cpu_s"`
}

type arguments struct {
	Model    string `json:"model"`
	Data     string `json:"data"`
	WorkerID int    `json:"worker_id"`
}

type job struct {
	Name     string    `json:"job_name"`
	Args     arguments `json:"args"`
	Priority int       `json:"priority"`
}

type results struct {
	sync.Mutex
	total, failed int
	latencies     []time.Duration
	errors        []string
}

func (r *results) add(latency time.Duration, err error) {
	r.Lock()
	defer r.Unlock()
	r.total++
	r.latencies = append(r.latencies, latency)
	if err != nil {
		r.failed++
		r.errors = append(r.errors, err.Error())
	}
}

func (r *results) count() (int, int) {
	r.Lock()
	defer r.Unlock()
	return r.total, r.failed
}

// bucket is a token bucket that may run into debt: each taker waits until its token is there.
type bucket struct {
	sync.Mutex
	rate, burst, tokens float64
	last                time.Time
}

func (b *bucket) wait(ctx context.Context) error {
	b.Lock()
	now := time.Now()
	b.tokens = min(b.burst, b.tokens+now.Sub(b.last).Seconds()*b.rate)
	b.last = now
	b.tokens--
	debt := -b.tokens
	b.Unlock()
	if debt <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(time.Duration(debt / b.rate * float64(time.Second)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func data(length int) string {
	text := make([]byte, length)
	for i := range text {
		text[i] = byte('a' + i%26)
	}
	return string(text)
}

func attempt(ctx context.Context, client *http.Client, url string, body []byte) (int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return 0, err
	}
	return response.StatusCode, nil
}

func operate(ctx context.Context, client *http.Client, l load, user int, text string) error {
	name := fmt.Sprintf("load-test-job-%d-%d", user, time.Now().UnixNano())
	body, err := json.Marshal(job{name, arguments{"test-model", text, user}, user % 3})
	if err != nil {
		return err
	}
	var status int
	for try := 0; ; try++ {
		status, err = attempt(ctx, client, l.URL+l.Path, body)
		if try == 3 || (err == nil && status < 500) || ctx.Err() != nil {
			break
		}
		time.Sleep(100 * time.Millisecond << try)
	}
	if err == nil && (status < 200 || status >= 400) {
		err = fmt.Errorf("worker %d: HTTP %d", user, status)
	}
	return err
}

func cpuSeconds() float64 {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
}

func run(l load) outcome {
	ctx, stop := context.WithCancel(context.Background())
	transport := &http.Transport{
		MaxIdleConns: 4 * l.Users, MaxIdleConnsPerHost: 4 * l.Users, DisableCompression: true,
	}
	client := &http.Client{Transport: transport, Timeout: 30 * time.Second}
	defer transport.CloseIdleConnections()
	var limiter *bucket
	if l.Rate != nil {
		limiter = &bucket{rate: *l.Rate, burst: float64(l.Users), last: time.Now()}
	}
	var all results
	var users sync.WaitGroup
	text := data(l.PayloadBytes)
	for user := range l.Users {
		users.Add(1)
		go func() {
			defer users.Done()
			for ctx.Err() == nil {
				if limiter != nil && limiter.wait(ctx) != nil {
					return
				}
				began := time.Now()
				err := operate(ctx, client, l, user, text)
				if ctx.Err() == nil {
					all.add(time.Since(began), err)
				}
			}
		}()
	}
	time.Sleep(time.Duration(l.WarmUpS * float64(time.Second)))
	total, failed := all.count()
	cpu, began := cpuSeconds(), time.Now()
	time.Sleep(time.Duration(l.Seconds * float64(time.Second)))
	cpu, wall := cpuSeconds()-cpu, time.Since(began).Seconds()
	totalAfter, failedAfter := all.count()
	stop()
	users.Wait()
	return outcome{totalAfter - total, failedAfter - failed, wall, cpu}
}

func main() {
	input := bufio.NewScanner(os.Stdin)
	output := json.NewEncoder(os.Stdout)
	fmt.Println("ready")
	for input.Scan() {
		var l load
		if err := json.Unmarshal(input.Bytes(), &l); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		_ = output.Encode(run(l))
	}
}
