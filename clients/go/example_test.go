package natter_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http/httptest"
	"sync"
	"time"

	natter "natterjack/clients/go"
)

// This program sends one message. Send returns when the message is stored.
func Example() {
	server := httptest.NewServer(natter.ServerOfExamples())
	defer server.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()

	client, err := natter.New(natter.Options{
		URLs:   []string{server.URL},
		Tokens: natter.SignIn{User: "alice", URLs: []string{server.URL}, Secret: "of-the-server"},
	})
	if err != nil {
		log.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() { _ = client.Run(ctx) })
	defer running.Wait()
	defer client.Close()

	ack, err := client.SendTo(ctx, "bob", "The marsh was loud last night.")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("stored as message %d of %s\n", ack.Seq, ack.Channel)
	// Output: stored as message 1 of alice~bob
}

// This program answers what other users say. After a restart it would go on where it had
// stopped.
func ExampleClient_Events() {
	server := httptest.NewServer(natter.ServerOfExamples("bob: hello", "bob: are you there?"))
	defer server.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()

	client, err := natter.New(natter.Options{
		URLs:   []string{server.URL},
		Tokens: natter.StaticToken("alice"),
		Resume: &natter.Position{Epoch: "e", Positions: []uint64{0}}, // a stored value of Position
	})
	if err != nil {
		log.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() { _ = client.Run(ctx) })
	defer running.Wait()
	defer client.Close()

	for event, err := range client.Events(ctx) {
		switch {
		case errors.Is(err, natter.ErrFatal):
			log.Fatal(err)
		case errors.Is(err, natter.ErrReset):
			continue // a program that shows channels reads them again here, with History
		case err != nil:
			continue // there is no connection at present
		}
		if event.Content == nil {
			continue
		}
		fmt.Printf("%d %s: %s\n", event.Seq, event.Sender, event.Content.Text)
		if event.Sender == "alice" {
			if event.Seq == 4 {
				return
			}
			continue // without this check it would answer itself for ever
		}
		if _, err := client.Send(ctx, event.Channel, "You said: "+event.Content.Text); err != nil {
			log.Fatal(err)
		}
		_ = client.Position() // store it now that the event has been handled
	}
	// Output:
	// 1 bob: hello
	// 2 bob: are you there?
	// 3 alice: You said: hello
	// 4 alice: You said: are you there?
}
