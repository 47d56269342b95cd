package wire

var memberLimits = limits{
	valid: map[string]Command{
		"add":    AddMembers{Channel: testChannel, Members: []string{"bob"}},
		"remove": RemoveMember{Channel: testChannel, User: "bob", Ban: true},
		"unban":  Unban{Channel: testChannel, User: "bob"},
		"role":   SetRole{Channel: testChannel, User: "bob", Role: RoleReader},
		"leave":  Leave{Channel: testChannel},
	},
	refused: []refusedCommand{
		{AddMembers{Channel: testChannel}, "members:"},
		{AddMembers{Channel: testChannel, Members: []string{"bob", "Bob"}}, "members.1:"},
		{AddMembers{Channel: testChannel, Members: make([]string, 501)}, "members:"},
		{AddMembers{Members: []string{"bob"}}, "channel:"},
		{RemoveMember{Channel: testChannel}, "user:"},
		{RemoveMember{User: "bob"}, "channel:"},
		{Unban{Channel: testChannel, User: "al.ice"}, "user:"},
		{SetRole{Channel: testChannel, User: "bob"}, "role:"},
		{SetRole{Channel: testChannel, User: "bob", Role: "king"}, "role:"},
		{SetRole{Channel: testChannel, Role: RoleAdmin}, "user:"},
		{Leave{}, "channel:"},
	},
}
