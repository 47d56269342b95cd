// Package pdf reads the text of PDFs that strangers have uploaded.
//
// The work is done by PDFium, which runs as WebAssembly within this process: even if a file takes
// it over, it can touch nothing but its own memory, which is bounded, and it ends when its time is
// over. A library in Go could be bounded in neither. A process of its own would need a program to
// run, which a program that has this package in it may not have.
//
// The code for this machine is made from the WebAssembly when the first PDF is read. That takes
// some seconds, and some 300 MB for a moment. The code of one version is kept on disk, with its
// checksum: code that is damaged is made anew, and never run. If the disk does not take it, each
// process makes its own. From then on a reader that is used takes about 50 MB, and one that is not
// takes nothing.
package pdf
