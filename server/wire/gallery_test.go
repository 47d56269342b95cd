package wire

import "testing"

// TestGallery_Some shows that a gallery which is cut goes on where it was cut.
func TestGallery_Some(t *testing.T) {
	g := Gallery{Next: MediaPlace{Seq: 1}, Items: []GalleryItem{
		{MediaPlace: MediaPlace{Seq: 9, Index: 2}}, {MediaPlace: MediaPlace{Seq: 9, Index: 3}}, {MediaPlace: MediaPlace{Seq: 7}},
	}}
	for n, want := range map[int]MediaPlace{1: {Seq: 9, Index: 2}, 2: {Seq: 9, Index: 3}, 3: {Seq: 1}} {
		some := g.Some(n).(Gallery)
		if len(some.Items) != n || some.Next != want {
			t.Errorf("%d items: %+v", n, some)
		}
	}
	if g.Parts() != 3 || g.Next.Seq != 1 {
		t.Errorf("it was written to: %+v", g)
	}
}

// TestAttachment_Gallery shows that every kind of attachment is in some gallery, also one that
// this version does not know.
func TestAttachment_Gallery(t *testing.T) {
	for kind, want := range map[AttachmentKind]GalleryKind{
		AttachmentImage: GalleryImages, AttachmentVideo: GalleryImages, AttachmentAudio: GalleryVoice, AttachmentVoice: GalleryVoice,
		AttachmentFile: GalleryFiles, "newer": GalleryFiles,
	} {
		if got := (&Attachment{Kind: kind}).Gallery(); got != want {
			t.Errorf("%s is in %s", kind, got)
		}
	}
	letters := map[byte]bool{}
	for _, kind := range GalleryKinds() {
		letters[kind[0]] = true
	}
	if len(letters) != len(GalleryKinds()) {
		t.Error("two kinds begin with the same letter, and views tell them apart by it")
	}
}
