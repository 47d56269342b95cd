// Package guard asks the URLs that users name: endpoints of push services, webhooks, links.
//
// Such a URL can name the node's own machine, its network, or the metadata service of a cloud. So a
// [Guard] judges a URL before it is asked, by its scheme, its port and its name, and each address
// at the moment when it is dialled. The address that is dialled is the one that was judged: a name
// that resolves to something else a moment later, and a redirect, are judged anew.
//
// All that a receiver can spend of the node is bounded: the time of a request, the bytes of an
// answer, and the redirects. No proxy of the environment is used, since a proxy would dial
// addresses that were not judged.
//
// An error of this package has no URL in it, neither that which was asked nor one of the answer:
// for a push service, who knows the URL may send.
package guard
