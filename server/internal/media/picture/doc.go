// Package picture cleans pictures, and makes the previews that clients show before they load them.
//
// Cleaning is lossless. It copies a picture and leaves out everything that is not needed to
// show it: where and when it was taken and with which device, comments, thumbnails of an earlier
// state, and all that follows the end of the picture. The compressed pixels, the colour profile,
// the movement and the orientation stay.
//
// A [Maker] decodes pictures, a few at a time, each within bounds of pixels, memory and time. It
// makes a blurhash and thumbnails. Pictures come from anybody, so all code here assumes that
// they are made to do harm. A picture that cannot be cleaned is reported as damaged, and can
// still be served as a download. A picture that is too large to be decoded is one without a
// preview.
//
// The work is done on threads of usual priority. It lets other goroutines run several times in
// each millisecond. Threads of low priority would be no kinder: the collector of garbage waits
// for each thread, so one that the system leaves standing would hold up all others.
package picture
