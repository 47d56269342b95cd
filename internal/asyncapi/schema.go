package main

import (
	"fmt"
	"iter"
	"reflect"
	"slices"

	"natterjack/server/wire"
)

const schemaRef = "#/components/schemas/"

// named are the types that have a schema of their own, besides the frames.
var named = []reflect.Type{
	reflect.TypeFor[wire.Content](), reflect.TypeFor[wire.Attachment](), reflect.TypeFor[wire.AttachmentKind](), reflect.TypeFor[wire.Preview](), reflect.TypeFor[wire.Rendition](),
	reflect.TypeFor[wire.GalleryItem](), reflect.TypeFor[wire.GalleryKind](), reflect.TypeFor[wire.MediaPlace](),
	reflect.TypeFor[wire.SearchOrder](), reflect.TypeFor[wire.Hit](), reflect.TypeFor[wire.Highlight](), reflect.TypeFor[wire.HighlightIn](), reflect.TypeFor[wire.Excerpt](),
	reflect.TypeFor[wire.Rebuilding](), reflect.TypeFor[wire.PersonMatch](), reflect.TypeFor[wire.ChannelMatch](),
	reflect.TypeFor[wire.UploadPart](), reflect.TypeFor[wire.StorageUse](), reflect.TypeFor[wire.Resume](), reflect.TypeFor[wire.Limits](), reflect.TypeFor[wire.Meta](),
	reflect.TypeFor[wire.ChannelInfo](), reflect.TypeFor[wire.Record](), reflect.TypeFor[wire.Mention](), reflect.TypeFor[wire.Invite](), reflect.TypeFor[wire.GroupSettings](),
	reflect.TypeFor[wire.Reaction](), reflect.TypeFor[wire.Erased](), reflect.TypeFor[wire.Note](), reflect.TypeFor[wire.Role](), reflect.TypeFor[wire.MentionKind](),
	reflect.TypeFor[wire.ChannelSeq](), reflect.TypeFor[wire.ChannelPlace](), reflect.TypeFor[wire.ShardPos](), reflect.TypeFor[wire.MessageVersion](), reflect.TypeFor[wire.Receipt](), reflect.TypeFor[wire.UserPresence](), reflect.TypeFor[wire.PresenceState](), reflect.TypeFor[wire.Session](), reflect.TypeFor[wire.Setting](), reflect.TypeFor[wire.Forwarded](),
	reflect.TypeFor[wire.Profile](), reflect.TypeFor[wire.ProfileChange](), reflect.TypeFor[wire.Status](), reflect.TypeFor[wire.Picture](), reflect.TypeFor[wire.PictureURL](), reflect.TypeFor[wire.Purpose](),
	reflect.TypeFor[wire.PushTarget](), reflect.TypeFor[wire.PushKind](), reflect.TypeFor[wire.PushSubscription](), reflect.TypeFor[wire.PushState](),
	reflect.TypeFor[wire.PushReason](), reflect.TypeFor[wire.PushContent](), reflect.TypeFor[wire.PushMail](), reflect.TypeFor[wire.PushResult](), reflect.TypeFor[wire.PushLogEntry](), reflect.TypeFor[wire.PushVerdict](),
	reflect.TypeFor[wire.Code](), reflect.TypeFor[wire.Kind](), reflect.TypeFor[wire.Action](), reflect.TypeFor[wire.ChannelKind](),
}

// The grammars of names, as wire's Valid functions check them.
var (
	userPattern     = fmt.Sprintf(`^[a-z0-9_-]{1,%d}$`, wire.MaxUserLen)
	clientIDPattern = fmt.Sprintf(`^[!-~]{1,%d}$`, wire.MaxClientIDLen)
	mediaPattern    = `^[a-z2-7]{26}$`
	pushIDPattern   = fmt.Sprintf(`^[a-zA-Z0-9_-]{%d,%d}$`, wire.MinPushIDLen, wire.MaxPushIDLen)
	channelPattern  = fmt.Sprintf(`^([a-z0-9_-]{1,%d}~[a-z0-9_-]{1,%[1]d}|g[a-z2-7]{24}|~[a-z0-9_-]{1,%[1]d})$`, wire.MaxUserLen)
)

// patterns are the grammars of members, by Go type and field.
var patterns = map[string]string{
	"Send.To": userPattern, "Welcome.User": userPattern, "Record.Sender": userPattern,
	"CreateGroup.Members": userPattern, "Meta.Members": userPattern, "ChannelInfo.Members": userPattern,
	"Send.ClientID": clientIDPattern, "CreateGroup.ClientID": clientIDPattern, "Ack.ClientID": clientIDPattern, "Record.ClientID": clientIDPattern,
	"Send.Channel": channelPattern, "History.Channel": channelPattern, "Ack.Channel": channelPattern,
	"Mention.User": userPattern, "Reaction.Users": userPattern, "Erased.Sender": userPattern, "Note.Present": userPattern, "AddMembers.Members": userPattern,
	"RemoveMember.User": userPattern, "Unban.User": userPattern, "SetRole.User": userPattern,
	"Read.Channel": channelPattern, "ChannelSeq.Channel": channelPattern, "Watch.Channels": channelPattern, "GetReceipts.Channel": channelPattern,
	"Receipts.Channel": channelPattern, "Receipt.User": userPattern,
	"FollowPresence.Users": userPattern, "GetPresence.Users": userPattern, "UserPresence.User": userPattern,
	"SetTyping.Channel": channelPattern, "Typing.Channel": channelPattern, "Typing.User": userPattern,
	"Event.Channel": channelPattern, "Page.Channel": channelPattern, "ChannelInfo.ID": channelPattern,
	"ChannelPlace.ID": channelPattern, "GetChannel.Channel": channelPattern, "GetVersions.Channel": channelPattern, "GetPins.Channel": channelPattern,
	"GetReactions.Channel": channelPattern, "GetReactions.After": userPattern, "Reactions.Channel": channelPattern, "Reactions.Users": userPattern,
	"Attachment.ID": mediaPattern, "Upload.Media": mediaPattern, "MediaURL.Media": mediaPattern, "ResumeUpload.Media": mediaPattern, "CompleteUpload.Media": mediaPattern,
	"GetMedia.Media": mediaPattern, "GetMedia.Channel": channelPattern, "GetStorage.Channel": channelPattern,
	"ReserveUpload.Channel": channelPattern, "ReserveUpload.ClientID": clientIDPattern, "ReserveUpload.SHA256": `^[0-9a-f]{64}$`,
	"ListMedia.Channel": channelPattern, "Gallery.Channel": channelPattern, "GalleryItem.Sender": userPattern,
	"Search.Channel": channelPattern, "Hit.Channel": channelPattern, "Hit.Sender": userPattern, "PersonMatch.User": userPattern, "ChannelMatch.Channel": channelPattern,
	"GetProfiles.Users": userPattern, "GetProfiles.Channel": channelPattern, "Profile.User": userPattern, "Profile.Imitates": userPattern,
	"Picture.ID": mediaPattern, "PictureURL.ID": mediaPattern, "GetPictures.IDs": mediaPattern, "SetProfile.ClientID": clientIDPattern,
	"SubscribePush.ID": pushIDPattern, "SubscribePush.ClientID": clientIDPattern, "UnsubscribePush.ID": pushIDPattern, "UnsubscribePush.ClientID": clientIDPattern,
	"TestPush.ID": pushIDPattern, "PushSubscription.ID": pushIDPattern, "PushLogEntry.ID": pushIDPattern, "PushLogEntry.Channel": channelPattern, "GetPushLog.Channel": channelPattern,
	"Versions.Channel": channelPattern, "Channel.Requested": userPattern, "Channel.Banned": userPattern,
}

// frameSchema returns the schema of a frame on the wire, its type included. Only the schemas of
// commands are closed: the server refuses members that it does not know, and a client skips
// members that it does not know.
func (g *generator) frameSchema(f frame) object {
	return g.structSchema(f.goType, object{{"type", object{{"const", f.name}}}}, f.command)
}

// bodySchema returns the schema of a command over NATS. There the subject gives the type, and
// the client id may be left out.
func (g *generator) bodySchema(f frame) object {
	s := g.structSchema(f.goType, nil, true)
	for i, m := range s {
		if m.key == "required" {
			s[i].value = slices.DeleteFunc(slices.Clone(m.value.([]any)), func(name any) bool { return name == "client_id" })
		}
	}
	return s
}

// structSchema returns the schema of a struct, with the given properties before its own.
func (g *generator) structSchema(t reflect.Type, properties object, closed bool) object {
	s := object{{"type", "object"}}.with("description", g.docs.types[t.Name()])
	var required []any
	for _, m := range properties {
		required = append(required, m.key)
	}
	for p := range g.properties(t) {
		properties = append(properties, member{p.name, p.schema})
		if p.required {
			required = append(required, p.name)
		}
	}
	s = append(s, member{"properties", properties})
	if len(required) > 0 {
		s = append(s, member{"required", required})
	}
	if closed {
		s = append(s, member{"additionalProperties", false})
	}
	return s
}

type property struct {
	name     string
	schema   object
	required bool
}

// properties yields the members of a struct as JSON has them, with their schemas.
func (g *generator) properties(t reflect.Type) iter.Seq[property] {
	return func(yield func(property) bool) {
		for f := range fields(t) {
			if !yield(property{name: f.member, schema: g.fieldSchema(f.owner, f.StructField), required: !f.optional}) {
				return
			}
		}
	}
}

func (g *generator) fieldSchema(t reflect.Type, f reflect.StructField) object {
	key := t.Name() + "." + f.Name
	s := g.typeSchema(f.Type, patterns[key])
	description := g.docs.fields[key]
	if t == reflect.TypeFor[wire.Ref]() {
		description = g.docs.types["Ref"] // its one field needs no description of its own
	}
	s = s.with("description", description)
	if t == reflect.TypeFor[wire.Limits]() {
		s = append(s, member{"default", int(reflect.ValueOf(wire.DefaultLimits()).FieldByIndex(f.Index).Int())})
	}
	return s
}

// typeSchema returns the schema of a value. The pattern applies to a string, or to the strings
// of an array.
func (g *generator) typeSchema(t reflect.Type, pattern string) object {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if slices.Contains(named, t) || slices.ContainsFunc(frames(), func(f frame) bool { return f.goType == t }) {
		return object{{"$ref", schemaRef + t.Name()}}
	}
	switch t.Kind() {
	case reflect.String:
		return object{{"type", "string"}}.with("pattern", pattern)
	case reflect.Bool:
		return object{{"type", "boolean"}}
	case reflect.Int, reflect.Int64:
		return object{{"type", "integer"}}
	case reflect.Uint64:
		return object{{"type", "integer"}, {"minimum", 0}}
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return object{{"type", "string"}, {"contentEncoding", "base64"}}
		}
		return object{{"type", "array"}, {"items", g.typeSchema(t.Elem(), pattern)}}
	case reflect.Map:
		return object{{"type", "object"}, {"additionalProperties", g.typeSchema(t.Elem(), pattern)}}
	default:
		panic(fmt.Sprintf("asyncapi: no schema for %v", t)) // seen by the developer who adds such a member
	}
}

// enumSchema returns the schema of a named string. It lists the known values and allows others,
// which may come later.
func (g *generator) enumSchema(t reflect.Type) object {
	var values []any
	for _, c := range g.docs.consts[t.Name()] {
		values = append(values, object{{"const", c.value}}.with("description", c.doc))
	}
	values = append(values, object{{"type", "string"}, {"description", "of a newer server"}})
	return object{{"type", "string"}}.with("description", g.docs.types[t.Name()]).with("anyOf", values)
}

// schemas returns all schemas, with the frames first.
func (g *generator) schemas() (s object) {
	for _, f := range frames() {
		s = append(s, member{f.goType.Name(), g.frameSchema(f)})
		if f.nats() {
			s = append(s, member{f.goType.Name() + "Body", g.bodySchema(f)})
		}
	}
	for _, t := range named {
		if t.Kind() == reflect.Struct {
			s = append(s, member{t.Name(), g.structSchema(t, nil, t == reflect.TypeFor[wire.Resume]() || t == reflect.TypeFor[wire.ShardPos]())})
		} else {
			s = append(s, member{t.Name(), g.enumSchema(t)})
		}
	}
	return s
}
