package unsubscribe

import (
	"html/template"

	"natterjack/server/internal/push/wording"
)

// page holds the values that the form shows. Without a field it has no button.
type page struct {
	text

	Language     wording.Language
	Style        template.CSS
	Field, Value string
}

// text holds the words of a page in one language.
type text struct{ Title, Says, Button string }

// state is the state that a page shows.
type state int

const (
	asked state = iota
	left
	failed
	unknown
)

var texts = map[wording.Language]map[state]text{
	wording.English: {
		asked:   {"Digest by mail", "Do you want no more mail about messages you have not read?", "Unsubscribe"},
		left:    {"You are unsubscribed", "You get no more mail about messages you have not read. You can turn it on again in the settings.", ""},
		failed:  {"That did not work", "The server cannot do this now. Try again in a minute.", "Unsubscribe"},
		unknown: {"This link does not work", "Sign in, and turn the digest by mail off in the settings.", ""},
	},
	wording.Japanese: {
		asked:   {"未読メッセージのメール", "未読メッセージについてのメールの配信を停止しますか？", "配信を停止"},
		left:    {"配信を停止しました", "未読メッセージについてのメールは今後届きません。設定でいつでも再開できます。", ""},
		failed:  {"停止できませんでした", "現在サーバーで処理できません。しばらくしてからもう一度お試しください。", "配信を停止"},
		unknown: {"このリンクは使えません", "サインインして、設定でメールの配信を停止してください。", ""},
	},
}
