package wire

// Note is a note of the server for itself in a channel's log. It says either that a command was
// carried out and changed nothing, or which users an @here mentions. No client gets it.
type Note struct {
	// Command is a hash of the command that changed nothing. A retry is answered with the place
	// of its note.
	Command string `json:"command,omitzero"`
	// Request is set if the command was to join, by a user who waited to be let in: the client id
	// of the request that was there. A retry is answered with the place of that request.
	Request string `json:"request,omitzero"`
	// Seq is the message that mentions @here. Present are the members who were connected then,
	// including invisible ones.
	Seq     uint64   `json:"seq,omitzero"`
	Present []string `json:"present,omitzero"`
}
