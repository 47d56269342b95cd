// Package gate bounds the connections of a listener: all of them, the connections of one address,
// and the connections of guests. A guest is a connection that has not signed in yet. It may be
// silent, may have sent half a header, half a body or half of a TLS handshake, or may be a
// WebSocket without a connect frame.
//
// Each connection needs an open file, and the log and its view need files too. So the number of
// connections must stay below the number of files that the process may open. A guest has proved
// nothing and costs its sender nothing. So guests have a smaller bound and a short life. At the
// bound a newcomer takes the place of the oldest guest, which is closed at once. An honest client
// signs in within a moment, and is a guest no longer. The alternative, to refuse the newcomer,
// would shut everybody out for as long as silent connections live.
//
// Behind a proxy all connections come from the proxy. If the proxy is a trusted one, its
// connections are counted in total only. Each request counts for the address that the proxy
// names. Which proxies are trusted is configured, and never guessed from an address.
package gate
