package redisx_test

import (
	"maps"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/testenv"
)

func TestBacklogReportsWhatWaits(t *testing.T) {
	t.Parallel()
	server := testenv.RedisServer(t)
	client := open(t, server.Addr())
	add(t, client, "dead:chat", "x", "y", "z")
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(redisx.NewBacklog(client, "chat", "cmd:chat:{0}", "dead:chat"))
	lengths := func() map[string]float64 {
		families, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]float64{}
		for _, f := range families {
			for _, m := range f.GetMetric() {
				got[f.GetName()+" "+m.GetLabel()[0].GetValue()] = m.GetGauge().GetValue()
			}
		}
		return got
	}
	want := map[string]float64{"wemaps_chat_stream_entries cmd:chat:{0}": 0, "wemaps_chat_stream_entries dead:chat": 3}
	if got := lengths(); !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if err := server.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := lengths(); len(got) != 0 {
		t.Errorf("with Redis away it claims %v", got)
	}
}
