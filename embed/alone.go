package embed

import (
	"log/slog"

	"github.com/nats-io/nats-server/v2/server"
)

// alone is the smallest configuration with which the store of a node can be opened.
const alone = `
accounts { CHAT { jetstream: enabled }, SYS {} }
system_account: SYS
jetstream { sync_interval: always }
`

// NewAlone makes a server that opens the store of a node which was alone. Only this process can
// connect to it. The encryption of the store is taken from the options of the node.
func NewAlone(storeDir string, node *NATSOptions, logger *slog.Logger) (*Server, error) {
	o := &server.Options{}
	if err := o.ProcessConfigString(alone); err != nil {
		return nil, err
	}
	o.ServerName, o.StoreDir, o.DontListen = "alone", storeDir, true
	o.JetStreamKey, o.JetStreamCipher = node.JetStreamKey, node.JetStreamCipher
	o.JetStreamMaxStore = 1 << 60 // events that are stored already have found room
	return New(Options{NATS: o, Logger: logger})
}
