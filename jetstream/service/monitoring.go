package service

import (
	"encoding/json"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"

	"natterjack/server/wire"
)

// monitoring returns the subjects of NATS's service protocol (ADR-32) with their handlers: each
// verb for all services, for the services of this name, and for this instance.
func (s *Service) monitoring() map[string]nats.MsgHandler {
	handlers := map[string]nats.MsgHandler{}
	for verb, describe := range map[micro.Verb]func() any{
		micro.PingVerb:  func() any { return micro.Ping{ServiceIdentity: s.identity(), Type: micro.PingResponseType} },
		micro.InfoVerb:  func() any { return s.info() },
		micro.StatsVerb: func() any { return s.stats() },
	} {
		for _, whose := range [][2]string{{"", ""}, {Name, ""}, {Name, s.id}} {
			subject, err := micro.ControlSubject(verb, whose[0], whose[1])
			if err != nil { // cannot happen: verbs and names are constants
				panic(err)
			}
			handlers[subject] = func(msg *nats.Msg) { s.describe(msg, describe()) }
		}
	}
	return handlers
}

func (s *Service) describe(msg *nats.Msg, what any) {
	data, err := json.Marshal(what)
	if err == nil {
		err = respond(msg, &nats.Msg{Data: data})
	}
	if err != nil {
		s.log.Warn("monitoring not answered", "subject", msg.Subject, "error", err)
	}
}

func (s *Service) identity() micro.ServiceIdentity {
	return micro.ServiceIdentity{
		Name: Name, ID: s.id, Version: s.cfg.Version,
		Metadata: map[string]string{"node": s.cfg.Node, "protocol": strconv.Itoa(wire.Version)},
	}
}

func (s *Service) info() micro.Info {
	info := micro.Info{
		ServiceIdentity: s.identity(),
		Type:            micro.InfoResponseType,
		Description:     "chat, as the user in api.USER.OPERATION",
	}
	for _, e := range s.endpoints {
		info.Endpoints = append(info.Endpoints, micro.EndpointInfo{Name: e.name, Subject: e.subject(), QueueGroup: queueGroup})
	}
	return info
}

func (s *Service) stats() micro.Stats {
	stats := micro.Stats{ServiceIdentity: s.identity(), Type: micro.StatsResponseType, Started: s.started}
	for _, e := range s.endpoints {
		one := e.stats()
		if data := s.cfg.Data[e.name]; data != nil {
			text, err := json.Marshal(data())
			if err != nil {
				s.log.Warn("statistics are incomplete", "operation", e.name, "error", err)
			}
			one.Data = text
		}
		stats.Endpoints = append(stats.Endpoints, one)
	}
	return stats
}
