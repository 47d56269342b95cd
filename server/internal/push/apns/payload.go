package apns

import (
	"github.com/go-json-experiment/json"

	"natterjack/server/internal/push"
)

// maxPayload is the largest payload that the service takes.
const maxPayload = 4096

// payload is the notification as a device gets it: the part that its system shows, and the part
// that the application needs.
type payload struct {
	APS     aps       `json:"aps"`
	Kind    push.Kind `json:"kind"`
	Channel string    `json:"channel,omitzero"`
	Seq     uint64    `json:"seq,omitzero"`
	ID      string    `json:"id"`
}

type aps struct {
	Alert    alert  `json:"alert"`
	Badge    int    `json:"badge"`
	Sound    string `json:"sound,omitzero"`
	Thread   string `json:"thread-id,omitzero"`
	Mutable  int    `json:"mutable-content"`
	Category string `json:"category,omitzero"`
}

// alert is the part that the system shows. Without a title and a body the system would show
// nothing, so a bare notification names a text that the application has in the user's language.
type alert struct {
	Title string `json:"title,omitzero"`
	Body  string `json:"body,omitzero"`
	Key   string `json:"loc-key,omitzero"`
}

func encode(n push.Notification) ([]byte, error) {
	p := payload{
		APS:  aps{Alert: alert{Title: n.Title, Body: n.Body}, Badge: n.Badge, Thread: n.Channel, Mutable: 1, Category: string(n.Kind)},
		Kind: n.Kind, Channel: n.Channel, Seq: n.Seq, ID: n.ID,
	}
	if n.Title == "" && n.Body == "" {
		p.APS.Alert.Key = "new_message"
	}
	if n.Urgent {
		p.APS.Sound = "default"
	}
	return json.Marshal(p, json.Deterministic(true))
}
