package wire

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// refusedFrames are frames that a server refuses. testdata/refused.json holds the exact answer
// to each.
var refusedFrames = []struct{ name, frame string }{
	{"nothing", ``},
	{"not_json", `hello`},
	{"not_an_object", `["send"]`},
	{"null", `null`},
	{"no_type", `{"ref":7}`},
	{"type_null", `{"type":null,"ref":7}`},
	{"type_number", `{"ref":7,"type":5}`},
	{"type_empty", `{"type":"","ref":7}`},
	{"type_unknown", `{"type":"dance","ref":7}`},
	{"type_case", `{"type":"Send","ref":7}`},
	{"type_like_a_token", `{"type":"eyJhbGciOi.eyJzdWIi.c2ln","ref":7}`},
	{"type_twice", `{"type":"pong","type":"send","ref":7}`},
	{"type_twice_last", `{"type":"send","ref":7,"to":"bob","client_id":"c","content":{"text":"x"},"type":"pong"}`},
	{"cut_off", `{"type":"send","ref":7,"to":"bob`},
	{"two_objects", `{"type":"pong"}{"type":"pong"}`},
	{"trailing_comma", `{"type":"pong","ref":7,}`},
	{"member_twice", `{"type":"send","ref":7,"to":"bob","to":"eve","client_id":"c","content":{"text":"x"}}`},
	{"nested_twice", `{"type":"send","ref":7,"to":"bob","client_id":"c","content":{"text":"x","text":"y"}}`},
	{"member_case", `{"type":"send","ref":7,"To":"bob"}`},
	{"member_unknown", `{"type":"send","ref":7,"priority":"high"}`},
	{"member_unknown_nested", `{"type":"send","ref":7,"content":{"text":"x","html":"<b>"}}`},
	{"member_like_a_token", `{"type":"send","ref":7,"eyJhbGciOi.eyJzdWIi.c2ln":1}`},
	{"bad_utf8", "{\"type\":\"send\",\"ref\":7,\"to\":\"\xff\"}"},
	{"ref_negative", `{"type":"pong","ref":-1}`},
	{"ref_fraction", `{"type":"pong","ref":1.5}`},
	{"ref_too_big", `{"type":"pong","ref":18446744073709551616}`},
	{"ref_string", `{"type":"send","ref":"7","to":"bob"}`},
	{"token_number", `{"type":"connect","ref":7,"v":1,"token":5551234}`},
	{"text_object", `{"type":"send","ref":7,"to":"bob","client_id":"c","content":{"text":{"a":1}}}`},
	{"content_string", `{"type":"send","ref":7,"to":"bob","client_id":"c","content":"hello"}`},
	{"members_string", `{"type":"create_group","ref":7,"client_id":"c","name":"n","members":"bob"}`},
	{"members_number", `{"type":"create_group","ref":7,"client_id":"c","name":"n","members":["bob",5]}`},
	{"positions_negative", `{"type":"connect","ref":7,"v":1,"resume":{"epoch":"e","positions":[-1]}}`},
	{"limit_string", `{"type":"history","ref":7,"channel":"alice~bob","limit":"50"}`},

	{"reserve_own", `{"type":"reserve_upload","ref":7,"channel":"*","client_id":"c","name":"x","size":1}`},
	{"reserve_no_client_id", `{"type":"reserve_upload","ref":7,"channel":"alice~bob","name":"x","size":1}`},
	{"reserve_name_long", `{"type":"reserve_upload","ref":7,"channel":"alice~bob","client_id":"c","name":"` + strings.Repeat("x", 1025) + `","size":1}`},
	{"reserve_nothing", `{"type":"reserve_upload","ref":7,"channel":"alice~bob","client_id":"c","name":"x","size":0}`},
	{"reserve_negative", `{"type":"reserve_upload","ref":7,"channel":"alice~bob","client_id":"c","name":"x","size":-1}`},
	{"reserve_media_type", `{"type":"reserve_upload","ref":7,"channel":"alice~bob","client_id":"c","name":"x","size":1,"media_type":"text/html; charset=utf-8"}`},
	{"reserve_media_type_lines", `{"type":"reserve_upload","ref":7,"channel":"alice~bob","client_id":"c","name":"x","size":1,"media_type":"a/b\r\nc"}`},
	{"reserve_sha256", `{"type":"reserve_upload","ref":7,"channel":"alice~bob","client_id":"c","name":"x","size":1,"sha256":"00"}`},
	{"reserve_purpose", `{"type":"reserve_upload","ref":7,"channel":"~alice","client_id":"c","name":"x","size":1,"sha256":"` + strings.Repeat("0", 64) + `","purpose":"banner"}`},
	{"reserve_picture_large", `{"type":"reserve_upload","ref":7,"channel":"~alice","client_id":"c","name":"x","size":16777217,"sha256":"` + strings.Repeat("0", 64) + `","purpose":"picture"}`},

	{"profile_nothing", `{"type":"set_profile","ref":7}`},
	{"profile_name_lines", `{"type":"set_profile","ref":7,"name":"Alice\nAdmin"}`},
	{"profile_name_turned", `{"type":"set_profile","ref":7,"name":"Alice\u202ebob"}`},
	{"profile_name_invisible", `{"type":"set_profile","ref":7,"name":"\u200b\u2800"}`},
	{"profile_name_long", `{"type":"set_profile","ref":7,"name":"` + strings.Repeat("ä", 65) + `"}`},
	{"profile_name_number", `{"type":"set_profile","ref":7,"name":5}`},
	{"profile_zone_path", `{"type":"set_profile","ref":7,"zone":"../../etc/passwd"}`},
	{"profile_zone_absolute", `{"type":"set_profile","ref":7,"zone":"/etc/localtime"}`},
	{"profile_zone_local", `{"type":"set_profile","ref":7,"zone":"Local"}`},
	{"profile_status_lines", `{"type":"set_profile","ref":7,"status":{"text":"a\nb"}}`},
	{"profile_status_long", `{"type":"set_profile","ref":7,"status":{"text":"` + strings.Repeat("x", 101) + `"}}`},
	{"profile_status_emoji", `{"type":"set_profile","ref":7,"status":{"emoji":"ab"}}`},
	{"profile_status_until", `{"type":"set_profile","ref":7,"status":{"text":"x","until":-1}}`},
	{"profile_status_only_until", `{"type":"set_profile","ref":7,"status":{"until":1764000000000}}`},
	{"profile_picture_id", `{"type":"set_profile","ref":7,"picture":{"id":"x","ticket":"t"}}`},
	{"profile_picture_facts", `{"type":"set_profile","ref":7,"picture":{"id":"aaaaaaaaaaaaaaaaaaaaaaaaaa","ticket":"t","size":1}}`},
	{"profile_picture_no_ticket", `{"type":"set_profile","ref":7,"picture":{"id":"aaaaaaaaaaaaaaaaaaaaaaaaaa"}}`},
	{"profile_provided", `{"type":"set_profile","ref":7,"name":"Alice","provided":true}`},
	{"update_picture_url", `{"type":"update_channel","ref":7,"channel":"gaaaaaaaaaaaaaaaaaaaaaaaa","picture":{"id":"https://example.com/x.png","ticket":"t"}}`},
	{"profiles_nobody", `{"type":"get_profiles","ref":7,"users":[]}`},
	{"profiles_many", `{"type":"get_profiles","ref":7,"users":[` + strings.Repeat(`"a",`, 100) + `"a"]}`},
	{"profiles_user", `{"type":"get_profiles","ref":7,"users":["alice","Bob"]}`},
	{"profiles_channel", `{"type":"get_profiles","ref":7,"users":["alice"],"channel":"x"}`},
	{"pictures_none", `{"type":"get_pictures","ref":7,"ids":[]}`},
	{"pictures_path", `{"type":"get_pictures","ref":7,"ids":["../../../../../../../../x"]}`},
	{"pictures_original", `{"type":"get_pictures","ref":7,"ids":["aaaaaaaaaaaaaaaaaaaaaaaaaa"],"rendition":"original"}`},

	{"resume_path", `{"type":"resume_upload","ref":7,"media":"../../../../../../../../x"}`},
	{"complete_waveform", `{"type":"complete_upload","ref":7,"media":"aaaaaaaaaaaaaaaaaaaaaaaaaa","waveform":"` + strings.Repeat("AAAA", 86) + `"}`},
	{"get_media_rendition", `{"type":"get_media","ref":7,"channel":"alice~bob","seq":1,"media":"aaaaaaaaaaaaaaaaaaaaaaaaaa","rendition":"../small"}`},
	{"get_media_seq", `{"type":"get_media","ref":7,"channel":"alice~bob","media":"aaaaaaaaaaaaaaaaaaaaaaaaaa"}`},
	{"get_media_upper", `{"type":"get_media","ref":7,"channel":"alice~bob","seq":1,"media":"AAAAAAAAAAAAAAAAAAAAAAAAAA"}`},
	{"get_storage_channel", `{"type":"get_storage","ref":7,"channel":"x y"}`},
	{"v_missing", `{"type":"connect","ref":7,"token":"eyJhbGciOi"}`},
	{"v_other", `{"type":"connect","ref":7,"v":2,"token":"eyJhbGciOi"}`},
	{"epoch_long", `{"type":"connect","v":1,"resume":{"epoch":"` + strings.Repeat("e", 65) + `","positions":[]}}`},
	{"send_nowhere", `{"type":"send","ref":7,"client_id":"c","content":{"text":"x"}}`},
	{"send_both", `{"type":"send","ref":7,"to":"bob","channel":"alice~bob","client_id":"c","content":{"text":"x"}}`},
	{"send_to_case", `{"type":"send","ref":7,"to":"Bob","client_id":"c","content":{"text":"x"}}`},
	{"send_channel", `{"type":"send","ref":7,"channel":"bob~alice","client_id":"c","content":{"text":"x"}}`},
	{"send_wildcard", `{"type":"send","ref":7,"channel":"*","client_id":"c","content":{"text":"x"}}`},
	{"send_no_client_id", `{"type":"send","ref":7,"to":"bob","content":{"text":"x"}}`},
	{"send_client_id_space", `{"type":"send","ref":7,"to":"bob","client_id":"a b","content":{"text":"x"}}`},
	{"send_no_content", `{"type":"send","ref":7,"to":"bob","client_id":"c"}`},
	{"send_content_null", `{"type":"send","ref":7,"to":"bob","client_id":"c","content":null}`},
	{"text_blank", `{"type":"send","ref":7,"to":"bob","client_id":"c","content":{"text":" \n\t\u3000"}}`},
	{"text_invisible", `{"type":"send","ref":7,"to":"bob","client_id":"c","content":{"text":"\u200b\u202e\u2066\ufe0f\u3164\u2800"}}`},
	{"text_escape", `{"type":"send","ref":7,"to":"bob","client_id":"c","content":{"text":"\u001b[31mred"}}`},
	{"text_nul", `{"type":"send","ref":7,"to":"bob","client_id":"c","content":{"text":"a\u0000b"}}`},
	{"text_c1", `{"type":"send","ref":7,"to":"bob","client_id":"c","content":{"text":"a\u009bb"}}`},
	{"text_long", `{"type":"send","ref":7,"to":"bob","client_id":"c","content":{"text":"` + strings.Repeat("x", 16385) + `"}}`},
	{"attachment_no_ticket", `{"type":"send","ref":7,"to":"bob","client_id":"c","content":{"text":"","attachments":[{"id":"aaaaaaaaaaaaaaaaaaaaaaaaaa"}]}}`},
	{"attachment_facts", `{"type":"send","ref":7,"to":"bob","client_id":"c","content":{"text":"","attachments":[{"id":"aaaaaaaaaaaaaaaaaaaaaaaaaa","ticket":"t","size":5}]}}`},
	{"attachment_unknown", `{"type":"send","ref":7,"to":"bob","client_id":"c","content":{"text":"","attachments":[{"id":"aaaaaaaaaaaaaaaaaaaaaaaaaa","ticket":"t","url":"x"}]}}`},
	{"attachments_none", `{"type":"send","ref":7,"to":"bob","client_id":"c","content":{"text":"","attachments":[]}}`},
	{"attachments_many", `{"type":"send","ref":7,"to":"bob","client_id":"c","content":{"text":"","attachments":[{}` + strings.Repeat(`,{}`, 10) + `]}}`},
	{"attachment_ticket_of_an_edit", `{"type":"edit","ref":7,"channel":"alice~bob","seq":1,"content":{"text":"","attachments":[{"id":"aaaaaaaaaaaaaaaaaaaaaaaaaa","ticket":"t"}]}}`},
	{"group_no_name", `{"type":"create_group","ref":7,"client_id":"c","members":[]}`},
	{"group_name_long", `{"type":"create_group","ref":7,"client_id":"c","name":"` + strings.Repeat("あ", 101) + `"}`},
	{"group_name_lines", `{"type":"create_group","ref":7,"client_id":"c","name":"a\nb"}`},
	{"group_name_bidi", `{"type":"create_group","ref":7,"client_id":"c","name":"a\u202eb"}`},
	{"group_member", `{"type":"create_group","ref":7,"client_id":"c","name":"n","members":["bob","al.ice"]}`},
	{"group_members", `{"type":"create_group","ref":7,"client_id":"c","name":"n","members":["b"` + strings.Repeat(`,"b"`, 500) + `]}`},
	{"history_no_channel", `{"type":"history","ref":7}`},
	{"history_both", `{"type":"history","ref":7,"channel":"alice~bob","before":9,"after":1}`},
	{"history_limit", `{"type":"history","ref":7,"channel":"alice~bob","limit":101}`},
	{"media_kind", `{"type":"list_media","ref":7,"channel":"alice~bob","kind":"secrets"}`},
	{"media_before", `{"type":"list_media","ref":7,"channel":"alice~bob","before":{"seq":0,"index":1}}`},
	{"media_channel", `{"type":"list_media","ref":7}`},
	{"history_around", `{"type":"history","ref":7,"channel":"alice~bob","around":9,"before":1}`},
	{"search_by", `{"type":"search","ref":7,"query":"x","by":"luck"}`},
	{"search_channel", `{"type":"search","ref":7,"query":"x","channel":"*"}`},
	{"search_zone", `{"type":"search","ref":7,"query":"x","zone":"Europe/\n"}`},
	{"search_after", `{"type":"search","ref":7,"query":"x","after":"` + strings.Repeat("x", 513) + `"}`},
	{"search_limit", `{"type":"search","ref":7,"query":"x","limit":101}`},
	{"search_long", `{"type":"search","ref":7,"query":"` + strings.Repeat("x", 8193) + `"}`},
	{"find_limit", `{"type":"find","ref":7,"query":"x","limit":-1}`},
	{"list_limit", `{"type":"list_channels","ref":7,"limit":-1}`},
	{"read_no_seq", `{"type":"read","ref":7,"channel":"alice~bob"}`},
	{"read_channel", `{"type":"read","ref":7,"channel":"alice~*","seq":1}`},
	{"received_nothing", `{"type":"received","ref":7}`},
	{"received_seq", `{"type":"received","ref":7,"cursors":[{"channel":"alice~bob","seq":1},{"channel":"alice~bob"}]}`},
	{"received_many", `{"type":"received","ref":7,"cursors":[{}` + strings.Repeat(`,{}`, 100) + `]}`},
	{"watch_channel", `{"type":"watch","ref":7,"channels":["alice~bob",">"]}`},
	{"watch_many", `{"type":"watch","ref":7,"channels":["a~b"` + strings.Repeat(`,"a~b"`, 20) + `]}`},
	{"receipts_channel", `{"type":"get_receipts","ref":7}`},
	{"presence_offline", `{"type":"set_presence","ref":7,"state":"offline"}`},
	{"follow_user", `{"type":"follow_presence","ref":7,"users":["bob","al.ice"]}`},
	{"follow_many", `{"type":"follow_presence","ref":7,"users":["b"` + strings.Repeat(`,"b"`, 200) + `]}`},
	{"typing_channel", `{"type":"set_typing","ref":7,"channel":"*"}`},
	{"sign_out_long", `{"type":"sign_out","ref":7,"session":"` + strings.Repeat("s", 65) + `"}`},
	{"cancel_nothing", `{"type":"cancel","ref":7}`},
	{"refresh_no_token", `{"type":"refresh","ref":7}`},
}

func TestRefusedFrames(t *testing.T) {
	path := filepath.Join("testdata", "refused.json")
	if *update {
		writeRefused(t, path)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var stored map[string]json.RawMessage
	if err := json.Unmarshal(data, &stored); err != nil {
		t.Fatal(err)
	}
	if len(stored) != len(refusedFrames) {
		t.Errorf("refused.json has %d frames, the test %d; run go test ./server/wire -update", len(stored), len(refusedFrames))
	}
	for _, r := range refusedFrames {
		t.Run(r.name, func(t *testing.T) {
			if diff := cmp.Diff(string(stored[r.name]), string(refusal(t, r.frame))); diff != "" {
				t.Errorf("error (-golden +got):\n%s", diff)
			}
		})
	}
}

// refusal returns the error frame that answers a command.
func refusal(t *testing.T, frame string) []byte {
	t.Helper()
	var ref uint64
	c, err := DecodeCommand([]byte(frame))
	if err == nil {
		ref = c.Reference()
		err = c.Validate(DefaultLimits())
	} else if e, ok := errors.AsType[*Error](err); ok {
		ref = e.Ref.Ref
	}
	if err == nil {
		t.Fatal("was not refused")
	}
	out, err := Append(nil, AsError(err, ref))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func writeRefused(t *testing.T, path string) {
	t.Helper()
	var lines []string
	for _, r := range refusedFrames {
		lines = append(lines, `  "`+r.name+`": `+string(refusal(t, r.frame)))
	}
	if err := os.WriteFile(path, []byte("{\n"+strings.Join(lines, ",\n")+"\n}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
}
