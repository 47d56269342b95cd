package letter

import (
	"strings"
	"time"
)

var japanese = words{
	title:    japaneseTitle,
	atLeast:  func(count string) string { return count + "+" },
	when:     japaneseTime,
	more:     "ほかのメッセージはアプリで確認できます。",
	show:     "メッセージを表示",
	open:     "Natterjackを開く",
	why:      "未読メッセージのまとめを希望されたため、このメールをお送りしています。",
	settings: "設定",
	leave:    "配信を停止",
}

func japaneseTitle(count string, _ int, names []string) string {
	switch len(names) {
	case 0:
		return "未読メッセージが" + count + "件あります"
	case 1, 2:
		return strings.Join(names, "さん、") + "さんからのメッセージ" + count + "件"
	}
	return names[0] + "さん、" + names[1] + "さんほかからのメッセージ" + count + "件"
}

var japaneseDays = [...]string{"日", "月", "火", "水", "木", "金", "土"}

func japaneseTime(at time.Time) string {
	return at.Format("1月2日") + "(" + japaneseDays[at.Weekday()] + ") " + at.Format("15:04")
}
