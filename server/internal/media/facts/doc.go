// Package facts reads the headers of sounds and videos, and of pictures that nothing here decodes:
// how long they are, and how large. It never decodes, and it reads little of a file, at most some
// thousand places, however the file is made. It also cleans files that are made of boxes, such as
// MP4 and HEIC: it removes the facts about their maker.
package facts
