package embed

// Interest reports whether anybody in the cluster has subscribed to a subject, a stream included.
func (s *Server) Interest(subject string) bool {
	account, err := s.nats.LookupAccount(s.account)
	return err == nil && account.SubscriptionInterest(subject)
}
