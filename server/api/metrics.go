package api

import (
	"bufio"
	"fmt"
	"net/http"
	"runtime"
	"time"
)

// metrics writes the server's own figures; the host's are for other tools.
func (s *Server) metrics(w http.ResponseWriter, r *http.Request) error {
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	b := bufio.NewWriter(w)
	one := func(name, kind, help string, value float64) {
		fmt.Fprintf(b, "# HELP %s %s\n# TYPE %s %s\n%s %g\n", name, help, name, kind, name, value)
	}
	fmt.Fprintf(b, "# HELP sonde_build_info The running build.\n# TYPE sonde_build_info gauge\nsonde_build_info{version=%q,go=%q} 1\n", s.Build, runtime.Version())
	one("sonde_uptime_seconds", "gauge", "Time since the server started.", time.Since(s.started).Seconds())
	one("sonde_goroutines", "gauge", "Goroutines.", float64(runtime.NumGoroutine()))
	one("sonde_heap_bytes", "gauge", "Live heap.", float64(mem.HeapAlloc))
	one("sonde_connections", "gauge", "Open connections.", float64(s.counts.conns.Load()))
	one("sonde_http_requests_total", "counter", "Requests.", float64(s.counts.requests.Load()))
	one("sonde_http_refused_total", "counter", "Requests that the checks refused.", float64(s.counts.refused.Load()))
	one("sonde_websockets", "gauge", "Open websockets.", float64(s.counts.sockets.Load()))
	one("sonde_websockets_total", "counter", "Websockets since the start.", float64(s.counts.socketsTotal.Load()))
	one("sonde_websocket_messages_total", "counter", "Messages sent to websockets.", float64(s.counts.messages.Load()))
	one("sonde_websocket_skipped_versions_total", "counter", "Versions and events that slow websockets did not get.", float64(s.counts.skipped.Load()))
	one("sonde_topics", "gauge", "Live topics.", float64(s.hub.Topics()))
	one("sonde_uploads", "gauge", "Unfinished uploads.", float64(s.uploads.count()))
	one("sonde_sessions", "gauge", "Browser sessions.", float64(len(s.Access.Sessions())))
	return b.Flush()
}
