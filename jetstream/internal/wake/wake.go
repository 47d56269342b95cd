// Package wake tells a goroutine that there is something to do.
package wake

// Up puts a token into a channel of capacity one, unless it holds one already. The goroutine that
// takes the token then looks for everything that there is to do.
func Up(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
