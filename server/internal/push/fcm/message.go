package fcm

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"

	"natterjack/server/internal/push"
)

// maxTTL is the longest time for which the service keeps a message.
const maxTTL = 28 * 24 * time.Hour

// envelope is the body of a request to the service.
type envelope struct {
	Message message `json:"message"`
}

type message struct {
	Token   string  `json:"token"`
	Data    data    `json:"data"`
	Android android `json:"android"`
}

// data is the part that the application gets. The service takes text only.
type data struct {
	Version string    `json:"v"`
	ID      string    `json:"id"`
	Kind    push.Kind `json:"kind"`
	Channel string    `json:"channel,omitzero"`
	Seq     string    `json:"seq,omitzero"`
	Title   string    `json:"title,omitzero"`
	Body    string    `json:"body,omitzero"`
	Badge   string    `json:"badge"`
}

type android struct {
	Collapse string `json:"collapse_key,omitzero"`
	Priority string `json:"priority"`
	TTL      string `json:"ttl"`
}

func encode(device string, n push.Notification, ttl time.Duration) ([]byte, error) {
	m := message{
		Token: device,
		Data: data{
			Version: "1", ID: n.ID, Kind: n.Kind, Channel: n.Channel, Seq: strconv.FormatUint(n.Seq, 10),
			Title: n.Title, Body: n.Body, Badge: strconv.Itoa(n.Badge),
		},
		Android: android{Priority: "NORMAL", TTL: strconv.FormatInt(int64((min(ttl, maxTTL)+time.Second-1)/time.Second), 10) + "s"},
	}
	if n.Urgent {
		m.Android.Priority = "HIGH"
	}
	if n.Collapse != "" {
		sum := sha256.Sum256([]byte(n.Collapse))
		m.Android.Collapse = hex.EncodeToString(sum[:16])
	}
	return json.Marshal(envelope{m}, json.Deterministic(true))
}
