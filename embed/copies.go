package embed

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// copiesTime is how long to wait for the answers of the members of a cluster.
const copiesTime = time.Second

// Copy describes a server's copy of a stream.
type Copy struct{ Messages, First, Last uint64 }

// copiesAnswer is the part of a server's report that matters here.
type copiesAnswer struct {
	Data struct {
		Accounts []struct {
			Streams []struct {
				Name  string `json:"name"`
				State struct {
					Messages uint64 `json:"messages"`
					First    uint64 `json:"first_seq"`
					Last     uint64 `json:"last_seq"`
				} `json:"state"`
			} `json:"stream_detail"`
		} `json:"account_details"`
	} `json:"data"`
}

// Copies asks all servers of the cluster for the state of their own copies of a stream, because
// the stream's leader may believe something else. A server that does not answer within a second
// counts as having none.
func (s *Server) Copies(ctx context.Context, stream string) (copies []Copy, err error) {
	conn, err := s.connect(s.system)
	if err != nil {
		return nil, fmt.Errorf("connect to the system account: %w", err)
	}
	defer conn.Close()
	sub, err := conn.SubscribeSync(conn.NewRespInbox())
	if err != nil {
		return nil, err
	}
	body := fmt.Appendf(nil, `{"account":%q,"streams":true}`, s.account)
	if err := conn.PublishRequest("$SYS.REQ.SERVER.PING.JSZ", sub.Subject, body); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, copiesTime)
	defer cancel()
	_, size := s.Peers()
	for range max(size, 1) {
		m, err := sub.NextMsgWithContext(ctx)
		if err != nil {
			break // the other servers have none
		}
		var a copiesAnswer
		if err := json.Unmarshal(m.Data, &a); err != nil {
			return nil, fmt.Errorf("ask the server for its streams: %w", err)
		}
		for _, account := range a.Data.Accounts {
			for _, st := range account.Streams {
				if st.Name == stream {
					copies = append(copies, Copy(st.State))
				}
			}
		}
	}
	return copies, nil
}
