package natter_test

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"io"
	"net/http"
	"testing"
	"time"

	natter "natterjack/clients/go"
	"natterjack/clients/internal/servertest"
)

// pictureFile returns a picture to upload.
func pictureFile(t *testing.T) natter.File {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewRGBA(image.Rect(0, 0, 30, 20))); err != nil {
		t.Fatal(err)
	}
	return natter.File{Name: "me.png", Size: int64(b.Len()), Content: bytes.NewReader(b.Bytes())}
}

// TestProfiles changes a profile over each transport, and shows what others get of it: when they
// ask, and when they have a connection that carries it, by themselves.
func TestProfiles(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t)
	for name, transport := range transports {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), long)
			defer cancel()
			me, you := "alice-"+name, "bob-"+name
			told := make(chan natter.Profile, 100)
			bob := connectLive(t, s, you, transport, natter.Live{Profiles: func(all []natter.Profile) {
				for _, p := range all {
					told <- p
				}
			}})
			alice := connect(t, s, me, transport)
			if _, err := alice.SendTo(ctx, you, "hi"); err != nil {
				t.Fatal(err)
			}
			picture, err := alice.UploadPicture(ctx, natter.OwnChannel(me), pictureFile(t))
			if err != nil {
				t.Fatal(err)
			}
			update := natter.ProfileUpdate{
				Name: new("Alice"), Zone: new("Asia/Tokyo"), Status: &natter.Status{Emoji: "🍜", Until: time.Now().Add(time.Hour).UnixMilli()}, Picture: &picture,
			}
			if _, err := alice.SetProfile(ctx, update); err != nil {
				t.Fatal(err)
			}
			whole := func(p natter.Profile) bool {
				return p.User == me && p.Name == "Alice" && p.Zone == "Asia/Tokyo" && p.Status != nil && p.Picture != nil && p.Picture.ID == picture.Attachment.ID
			}
			if transport != natter.Poll {
				hear(ctx, t, "the profile", told, whole)
			}
			for { // another node may show it a moment later
				all, err := bob.Profiles(ctx, "", me, you)
				if err != nil || len(all) != 2 || all[1].User != you || all[1].Name != "" {
					t.Fatalf("%+v, %v", all, err)
				}
				if whole(all[0]) {
					break
				}
			}
			for _, large := range []bool{true, false} {
				urls, err := bob.Pictures(ctx, large, picture.Attachment.ID, "aaaaaaaaaaaaaaaaaaaaaaaaaa")
				if err != nil || len(urls) != 1 {
					t.Fatalf("%+v, %v", urls, err)
				}
				if m := download(ctx, t, urls[0].URL); m.Bounds().Dx() != m.Bounds().Dy() {
					t.Errorf("a picture of %v", m.Bounds())
				}
			}
			if _, err := alice.SetProfile(ctx, natter.ProfileUpdate{Name: new(""), Status: &natter.Status{}, Picture: &natter.Attached{}}); err != nil {
				t.Fatal(err)
			}
			for {
				all, err := bob.Profiles(ctx, "alice-"+name+"~bob-"+name, me)
				if err != nil {
					t.Fatal(err)
				}
				if p := all[0]; p.Name == "" && p.Status == nil && p.Picture == nil && p.Zone == "Asia/Tokyo" {
					break
				}
			}
		})
	}
}

func download(ctx context.Context, t *testing.T, url string) image.Image {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	m, err := png.Decode(bytes.NewReader(data)) // a picture with transparent pixels stays a PNG
	if err != nil {
		t.Fatalf("%d bytes: %v", len(data), err)
	}
	return m
}

// TestGroupPicture gives a group a picture, and takes it away.
func TestGroupPicture(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t)
	ctx, cancel := context.WithTimeout(t.Context(), long)
	defer cancel()
	alice := connect(t, s, "alice", natter.WebSocket)
	group, err := alice.CreateGroup(ctx, "toads", []string{"bob"})
	if err != nil {
		t.Fatal(err)
	}
	picture, err := alice.UploadPicture(ctx, group.ID, pictureFile(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		set  natter.Attached
		want string
	}{{picture, picture.Attachment.ID}, {natter.Attached{}, ""}} {
		if _, err := alice.UpdateChannel(ctx, group.ID, natter.ChannelUpdate{Picture: &c.set}); err != nil {
			t.Fatal(err)
		}
		got, err := alice.Channel(ctx, group.ID)
		if err != nil {
			t.Fatal(err)
		}
		if p := got.Channel.Picture; c.want == "" && p != nil || c.want != "" && (p == nil || p.ID != c.want) {
			t.Errorf("the group has %+v, want %q", p, c.want)
		}
	}
}
