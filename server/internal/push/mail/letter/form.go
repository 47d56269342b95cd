package letter

import (
	html "html/template"
	"text/template"
)

// plainForm marks the words of users as mail marks quoted text. A message that looks like the end
// of the letter does not pass for it.
var plainForm = template.Must(template.New("plain").Parse(`{{.Title}}
{{range .Talks}}{{if .Name}}
{{.Name}}
{{end}}{{range .Said}}
{{.Who}}, {{.When}}
{{if .Text}}> {{.Text}}
{{end}}{{.Show.URL}}
{{end}}{{end}}{{if .More}}
{{.More}}
{{end}}
{{.Open.Text}}: {{.Open.URL}}

-- 
{{.Why}}
{{.Settings.Text}}: {{.Settings.URL}}
{{.Leave.Text}}: {{.Leave.URL}}
`))

// htmlForm has all its styles in its elements, because many mail programs drop others. It sets no
// colours of its own for text and ground, so that it is legible in dark surroundings too. Names are
// isolated, so that a name from right to left does not turn the text beside it.
var htmlForm = html.Must(html.New("html").Parse(`<!DOCTYPE html>
<html lang="{{.Language}}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{.Title}}</title></head>
<body style="font-family:sans-serif;font-size:16px;line-height:1.4;max-width:36em;margin:0 auto;padding:1em">
<h1 style="font-size:1.2em">{{.Title}}</h1>
{{range .Talks}}<section style="margin:1.5em 0">
{{if .Name}}<h2 style="font-size:1em;margin:0 0 .5em"><bdi>{{.Name}}</bdi></h2>
{{end}}{{range .Said}}<div style="margin:0 0 1em">
<div><b><bdi>{{.Who}}</bdi></b>, {{.When}}</div>
{{if .Text}}<blockquote dir="auto" style="margin:.25em 0;padding:0 0 0 .75em;border-left:3px solid #888">{{.Text}}</blockquote>
{{end}}<div><a href="{{.Show.URL}}">{{.Show.Text}}</a></div>
</div>
{{end}}</section>
{{end}}{{if .More}}<p>{{.More}}</p>
{{end}}<p><a href="{{.Open.URL}}">{{.Open.Text}}</a></p>
<hr>
<p style="font-size:.85em">{{.Why}}<br>
<a href="{{.Settings.URL}}">{{.Settings.Text}}</a> · <a href="{{.Leave.URL}}">{{.Leave.Text}}</a></p>
</body>
</html>
`))
