package auth

import (
	"net/http"

	"github.com/go-json-experiment/json"
)

// Ways says how a person can get a token. It answers GET /v1/signin, which anybody may ask: nothing
// of it is secret.
type Ways struct {
	Development bool   `json:"development"`        // by name, with the secret of [SignIn]
	Issuer      string `json:"issuer,omitzero"`    // of an OpenID Connect provider
	ClientID    string `json:"client_id,omitzero"` // of this server at the provider
}

// ServeHTTP implements [http.Handler].
func (ways Ways) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	data, err := json.Marshal(ways)
	if err != nil {
		http.Error(w, "internal", http.StatusInternalServerError)
		return
	}
	write(w, http.StatusOK, data)
}
