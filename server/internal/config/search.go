package config

// Search says whether the node has an index for searches. Without one it answers no search.
type Search struct {
	Off bool `conf:"off"`
}
