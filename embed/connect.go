package embed

import (
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// reconnectWait is short because the server is in this process: either it is there, or the
// process is stopping.
const reconnectWait = 10 * time.Millisecond

// credentials are the user and password of one of our own connections.
type credentials struct{ user, password string }

// newCredentials makes a user name that no configuration can contain, and a password of at
// least 128 random bits.
func newCredentials(role string) credentials {
	return credentials{user: "natterjack-" + role + "-" + rand.Text()[:8], password: rand.Text()}
}

// addUsers adds our own users to the options.
func (s *Server) addUsers(o *server.Options) error {
	if len(o.TrustedOperators) > 0 || len(o.TrustedKeys) > 0 {
		return errors.New("nats: operator mode is not supported: users belong in the file, not in account JWTs")
	}
	chat := account(o, s.account)
	if chat == nil {
		return fmt.Errorf("nats: the configuration has no account %s; add it, as in the shipped nats.conf", s.account)
	}
	s.own = newCredentials("node")
	o.Users = append(o.Users, s.own.inProcess(chat))
	if system := account(o, o.SystemAccount); system != nil {
		s.system = newCredentials("system")
		o.Users = append(o.Users, s.system.inProcess(system))
	}
	return nil
}

// account returns the account of that name, or nil.
func account(o *server.Options, name string) *server.Account {
	for _, a := range o.Accounts {
		if a.Name == name {
			return a
		}
	}
	return nil
}

// inProcess returns a user that cannot log in over a socket, even with the password.
func (c credentials) inProcess(a *server.Account) *server.User {
	return &server.User{
		Username:               c.user,
		Password:               c.password,
		Account:                a,
		AllowedConnectionTypes: map[string]struct{}{jwt.ConnectionTypeInProcess: {}},
	}
}

// connect opens a connection in process. The connection reconnects forever: the server drops
// any client that reads too slowly, including ours. Its inboxes have a prefix of their own.
// Otherwise every user who may subscribe to _INBOX.> would see all messages that JetStream
// delivers to us.
func (s *Server) connect(c credentials) (*nats.Conn, error) {
	return s.connectBy(s.inProcess(), c)
}

// connectTries is how often a connection is tried. The server closes one that does not log in
// within its time, and so do we with a server that does not greet. On a machine that stands still
// for a second, both happen to our own connections.
const connectTries = 5

func (s *Server) connectBy(way nats.InProcessConnProvider, c credentials) (conn *nats.Conn, err error) {
	for range connectTries {
		if conn, err = s.dial(way, c); err == nil || errors.Is(err, nats.ErrAuthorization) || !s.nats.Running() {
			break
		}
		s.logger.Warn("the node's own connection could not be made, and is tried again", "error", err)
	}
	return conn, err
}

func (s *Server) dial(way nats.InProcessConnProvider, c credentials) (*nats.Conn, error) {
	return nats.Connect("",
		nats.InProcessServer(way),
		nats.UserInfo(c.user, c.password),
		nats.Name(c.user),
		nats.CustomInboxPrefix("_INBOX_"+rand.Text()),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(reconnectWait),
		nats.ReconnectJitter(0, 0),
		nats.ErrorHandler(func(_ *nats.Conn, sub *nats.Subscription, err error) {
			subject := ""
			if sub != nil {
				subject = sub.Subject
			}
			s.logger.Warn("error on the node's own connection", "error", err, "subject", subject)
		}),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				s.logger.Warn("the node's own connection is lost", "error", err)
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) { s.logger.Info("the node's own connection is back") }),
	)
}
