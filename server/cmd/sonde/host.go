package main

import (
	"context"
	"fmt"
	"maps"

	"sonde/probes/table"
	"sonde/server/hub"
	"sonde/server/keeper"
	"sonde/server/wire"
)

// host is the keeper as the API knows this machine.
type host struct {
	c   *keeper.Client
	own string // capture filter of this server's own traffic
}

func (h *host) Subscribe(topic string, args map[string]string) (hub.Feed, error) {
	args, err := h.compiled(topic, args)
	if err != nil {
		return nil, err
	}
	return h.c.Subscribe(topic, args)
}

func (h *host) Once(ctx context.Context, topic string, args map[string]string) (*table.Table, error) {
	args, err := h.compiled(topic, args)
	if err != nil {
		return nil, err
	}
	return h.c.Once(ctx, topic, args)
}

// compiled puts programs in the place of the bandwidth probe's filter text.
func (h *host) compiled(topic string, args map[string]string) (map[string]string, error) {
	if topic != "bandwidth" {
		return args, nil
	}
	p, err := programs(args["filter"], h.own)
	if err != nil {
		return nil, err
	}
	args = maps.Clone(args)
	if args == nil {
		args = map[string]string{}
	}
	args["filter"] = p
	return args, nil
}

func (h *host) Signal(ctx context.Context, pid int, start uint64, sig string, force bool) error {
	return h.c.Signal(ctx, pid, start, sig, force)
}

func (h *host) Renice(ctx context.Context, pid int, start uint64, nice int) error {
	return h.c.Renice(ctx, pid, start, nice)
}

// StartLive compiles the filter here: text from outside is not for the keeper.
func (h *host) StartLive(ctx context.Context, w wire.LiveSpec) (string, error) {
	spec, err := liveSpec(w, h.own)
	if err != nil {
		return "", err
	}
	return h.c.StartLive(ctx, spec)
}

func (h *host) StopLive(ctx context.Context, id string) error { return h.c.StopLive(ctx, id) }

func (h *host) Devices(ctx context.Context) ([]wire.Device, error) {
	list, err := h.c.Devices(ctx)
	if err != nil {
		return nil, err
	}
	devices := make([]wire.Device, 0, len(list))
	for _, d := range list {
		devices = append(devices, wire.Device{Name: d.Name, Description: d.Description, Index: d.Index, Link: d.Link.Name(), MTU: d.MTU,
			Up: d.Up, Running: d.Running, Loopback: d.Loopback, Addresses: d.Addresses})
	}
	return devices, nil
}

func (h *host) Features(ctx context.Context) []wire.Feature {
	list, err := h.c.Features(ctx)
	if err != nil {
		return []wire.Feature{{Name: "keeper", Title: "reach the privileged part of the program", Reason: fmt.Sprint(err), Remedy: "restart sonde"}}
	}
	features := make([]wire.Feature, 0, len(list))
	for _, f := range list {
		features = append(features, wire.Feature(f))
	}
	return features
}
