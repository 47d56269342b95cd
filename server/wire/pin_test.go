package wire

var pinLimits = limits{
	valid: map[string]Command{
		"pin": Pin{Channel: testChannel, Seq: 1, Remove: true},
	},
	refused: []refusedCommand{
		{Pin{Channel: testChannel}, "seq:"},
	},
}
