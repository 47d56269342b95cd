package decide

// Personal reports whether a message is meant for the recipient more than others are: it was sent
// to them alone, or something makes it a mention for them. Whether they are told of it is another
// question.
func Personal(f *Facts) bool { return f.why(f.marks()) != ByMessage }
