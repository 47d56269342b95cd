package match

import (
	"strings"

	"natterjack/search/text"
)

// chinese are common characters of Chinese that are not used in Japanese: simplified ones, words
// for persons and questions, and forms that Japanese has replaced.
const chinese = "们这说为时对过还进发现开关电话请问谁让给从应该觉讲认识见长门间东车书买卖钱饭吗呢吧啊哪哦嗯您你她它很么个样头业产务员单币张线级统计设试读听兴乐欢爱亲妈爸" +
	"谢错误难处备复杂简图网络载输软码户录页链视频语译汉华韩动办报场边带岁师怎帮热們說嗎沒妳啦跟讓幫麼樣會來對體發關區實點當總號臺灣從將變讀寫聽賣氣團圖畫歡樂戀"

// isChinese reports whether the folded characters from one to another are Chinese. A Japanese
// dictionary would cut them anywhere: 北開 is a name there, and is nothing in 們在台北開會.
func (d *doc) isChinese(from, to int) bool {
	found := false
	for _, r := range d.f.Runes[from:to] {
		if text.ClassOf(r) == text.Kana {
			return false
		}
		found = found || strings.ContainsRune(chinese, r)
	}
	return found
}
