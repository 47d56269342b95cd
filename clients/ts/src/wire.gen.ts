// Code generated from the Go types of server/wire by `just gen`. DO NOT EDIT.

/** of one message */
export const maxAttachments = 10;

/** characters of one caption */
export const maxCaptionLen = 1024;

/** bytes */
export const maxTicketLen = 8192;

/** bytes */
export const maxFileNameLen = 255;

/** bars */
export const maxWaveform = 256;

/**
 * the size up to which a group's members are named in lists of channels. For larger groups,
 * get_channel names them.
 */
export const maxListedMembers = 20;

/** the protocol version that this package speaks. A client names it in its connect frame. */
export const version = 1;

/** GET, WebSocket */
export const pathWebSocket = "/v1/ws";

/** POST a connect frame; the answer is a stream of server-sent events */
export const pathStream = "/v1/stream";

/** POST a connect frame. The answer is a welcome and the waiting events, one frame a line. */
export const pathPoll = "/v1/poll";

/** POST commands, one a line; the answer is their replies, one a line */
export const pathFrames = "/v1/frames";

/** POST {"user", "secret"}, in development only; the answer is {"token", "expires"} */
export const pathSignIn = "/v1/signin";

/**
 * a header for PathFrames. It names the event stream that a watch, follow_presence or set_presence
 * is for, by the session id of the stream's welcome. The effect of these commands lasts as long as
 * the stream. Only the node that has the stream can carry them out. Any request with the header, to
 * any node, shows that the client of the stream is there.
 */
export const headerSession = "Natterjack-Session";

/** characters */
export const maxGroupNameLen = 100;

/** characters */
export const maxTopicLen = 500;

/** seconds */
export const maxSlowModeS = 3600;

export const maxInviteS = 31536000;

export const maxInviteUses = 100000;

/** bytes */
export const maxSecretLen = 128;

/** 128 bits in base64 */
export const minSecretLen = 22;

/**
 * about how many bytes of entries a reply has that can go on in a further reply: of messages,
 * versions, channels, settings. A page ends early at that size.
 */
export const maxPageBytes = 524288;

/** the largest number of mentions in one message. */
export const maxMentions = 50;

export const maxUserLen = 64;

export const maxClientIDLen = 64;

export const maxChannelLen = 129;

/** the number of slots. Each channel belongs to one slot forever; each shard holds some slots. */
export const slots = 256;

/** begins the name of each */
export const settingNotify = "notify/";

/** of all groups without a level of their own */
export const settingLevel = "notify/level";

/** of a channel */
export const settingChannelLevel = "notify/level/";

export const settingByName = "notify/by_name";

export const settingSnooze = "notify/snooze";

/** see ParseQuiet */
export const settingQuiet = "notify/quiet";

/** see ParseKeywords */
export const settingKeywords = "notify/keywords";

/** of a user */
export const settingPerson = "notify/person/";

/** see ParsePass */
export const settingPassMute = "notify/pass_mute";

export const settingPassQuiet = "notify/pass_quiet";

export const settingPushContent = "notify/content";

export const settingMail = "notify/mail";

/** of the file that is uploaded; it is not kept */
export const maxPictureBytes = 16777216;

/** that one command asks for */
export const maxPictures = 100;

/** the largest number of users in one command, and so the largest number that a session follows. */
export const maxFollowed = 200;

/** characters of a display name */
export const maxNameLen = 64;

/** characters of a status */
export const maxStatusLen = 100;

/** bytes */
export const maxZoneLen = 64;

/** that one command asks for */
export const maxProfiles = 100;

/** of a user */
export const maxSubscriptions = 20;

/** bytes */
export const maxPushIDLen = 64;

/** bytes: 128 random bits in base64url */
export const minPushIDLen = 22;

/** bytes */
export const maxPushAddressLen = 2048;

/** bytes */
export const maxPushKeyLen = 128;

/** characters */
export const maxPushLabelLen = 64;

/** bytes */
export const maxPushLanguageLen = 35;

/** entries that one command asks for */
export const maxPushLog = 100;

/**
 * the largest length of an emoji, in bytes. Two kissing people with different skin tones take 35,
 * the longest emoji in Unicode 17.
 */
export const maxEmojiLen = 48;

/** the number of reacting users that a page names for each emoji. */
export const maxShownReactors = 10;

/** cursors */
export const maxReceived = 100;

/** channels: as many as fit on a screen */
export const maxWatched = 20;

/** the largest size of a query, in bytes. Of a long one only the beginning counts. */
export const maxQueryLen = 8192;

/** bytes */
export const maxSettingNameLen = 256;

/** bytes */
export const maxSettingValueLen = 1024;

/** of one kind, such as hide, for each user */
export const maxSettings = 5000;

export const settingMute = "mute/";

export const settingTop = "top/";

export const settingHide = "hide/";

export const settingBlock = "block/";

export const settingContact = "contact/";

export const settingLastSeen = "privacy/last_seen";

export const settingReceipts = "privacy/receipts";

/** of the name as the sender has it; it is made safe and cut */
export const maxClaimedNameBytes = 1024;

/** whose requests one reply has */
export const maxUploadParts = 64;

/** no storage takes larger files; a server's own limit is far below */
export const maxFileBytes = 5497558138880;

/**
 * how long a new connection may take to send its connect frame. It is long enough for a phone on a
 * bad network, and short enough that abandoned sockets do not pile up.
 */
export const connectTimeoutMs = 10000;

/**
 * The grammars of names. That of channels does not tell whether the two users of a direct channel
 * are in order.
 */
export const patterns = {
  user: /^[a-z0-9_-]{1,64}$/,
  clientID: /^[!-~]{1,64}$/,
  channel: /^([a-z0-9_-]{1,64}~[a-z0-9_-]{1,64}|g[a-z2-7]{24}|~[a-z0-9_-]{1,64})$/,
  media: /^[a-z2-7]{26}$/,
} as const;

/**
 * CloseCode ends a WebSocket (RFC 6455, section 7.4.2: codes 4000–4999 belong to the application).
 * After a code from 4000 to 4499 the client reconnects with backoff and resumes. After a code from
 * 4500 it does not reconnect, because a new connection would end the same way.
 */
export const closeCodes = {
  /** The node stops, or it no longer hears new events. Another node will serve the client. */
  draining: 4000,
  /** the client read nothing for too long */
  slow: 4001,
  /** no frame from the client since the ping before last */
  silent: 4002,
  /** no connect frame in time */
  connect_timeout: 4003,
  /** the token has expired; reconnect with a fresh one */
  expired: 4004,
  /** a fault of the server */
  internal: 4005,
  /** the client went on far too fast for seconds; it is refused for a while */
  too_fast: 4006,
  /** a message that is not text, or larger than the frame limit */
  protocol: 4500,
  /** no token, or an invalid one */
  unauthorized: 4501,
  /** this server does not speak the client's protocol version */
  unsupported: 4502,
  /** The user signed this session out from another session. The token is revoked. */
  signed_out: 4503,
  /** the first frame was not a connect frame */
  not_connected: 4504,
} as const;

/**
 * Resume tells how far a client has got: the highest pos it has seen in each shard, within one
 * epoch.
 */
export interface Resume {
  epoch: string;
  positions: number[];
}

/** MentionKind tells which users a mention means. */
export type MentionKind = KnownMentionKind | (string & {});

/** The values of {@link MentionKind} that this version knows. */
export type KnownMentionKind =
  | "user"
  | "channel" // everybody in the channel
  | "here"; // all members who are connected when it is sent

/**
 * Mention is a part of the text that refers to a user or to everybody in the channel. Start and
 * Length count Unicode code points, so they mean the same to a client in Go, Swift or JavaScript,
 * even after emoji. Mentions ascend and do not overlap.
 */
export interface Mention {
  kind: MentionKind;
  /** only of kind user */
  user?: string;
  start: number;
  length: number;
}

/** AttachmentKind says in which way a client shows an attachment. */
export type AttachmentKind = KnownAttachmentKind | (string & {});

/** The values of {@link AttachmentKind} that this version knows. */
export type KnownAttachmentKind =
  | "image"
  | "video"
  | "audio"
  | "voice" // a voice message: audio that was recorded for the channel
  | "file"; // a name, a size and a download

/** Rendition is one of the forms in which an attachment can be asked for. */
export type Rendition = KnownRendition | (string & {});

/** The values of {@link Rendition} that this version knows. */
export type KnownRendition =
  | "original"
  | "large" // for a conversation
  | "small"; // for a list or a quotation

/** Preview is a smaller picture of an attachment. */
export interface Preview {
  rendition: Rendition;
  /** media type */
  type: string;
  width: number;
  height: number;
  /** bytes */
  size: number;
}

/**
 * Attachment is a file that is part of a message. The order of a message's attachments is the order
 * in which clients show them. The facts let a client lay out the place of a picture before the
 * picture comes.
 *
 * In a send, an attachment has only id, ticket and caption: the server knows the rest. In an edit
 * it has only id and caption, see Edit.
 */
export interface Attachment {
  /** of the media, from the answer to complete_upload */
  id: string;
  /** Ticket proves that the sender has uploaded the file, for this channel. Only a send has it. */
  ticket?: string;
  /** text that belongs to this attachment alone */
  caption?: string;
  kind?: AttachmentKind;
  /** of the file; safe to be stored and shown in one line */
  name?: string;
  /** media type, by the bytes of the file and not by its name */
  type?: string;
  /** bytes */
  size?: number;
  sha256?: string;
  /** as shown, in pixels */
  width?: number;
  /** as shown, in pixels */
  height?: number;
  blurhash?: string;
  /** milliseconds */
  duration?: number;
  /** Waveform has a byte for each bar, from 0 for silence to 255. In JSON it is in base64. */
  waveform?: string;
  /** a picture that moves */
  animated?: boolean;
  /** the smaller pictures that can be asked for */
  previews?: Preview[];
}

/**
 * Forwarded tells who sent the original of a forwarded message, and when. It does not name the
 * channel, because readers may not know of that channel.
 */
export interface Forwarded {
  sender: string;
  /** Unix milliseconds */
  timestamp: number;
}

/**
 * Content is the content of a message. Text is Markdown (CommonMark). It also reads well in clients
 * that show it as plain text.
 */
export interface Content {
  text: string;
  /** seq of the message that this one answers */
  reply_to?: number;
  mentions?: Mention[];
  /**
   * Attachments are files, in the order in which they are shown. A message that has some may be
   * without text.
   */
  attachments?: Attachment[];
  /** Forwarded tells the origin of a forwarded message. Only the server sets it, see Forward. */
  forwarded?: Forwarded;
}

/** ShardPos is a place in the log, as events and acks name it. */
export interface ShardPos {
  shard: number;
  pos: number;
}

/** ChannelSeq is a place in a channel. */
export interface ChannelSeq {
  channel: string;
  seq: number;
}

/**
 * Picture is the picture of a user or of a group: a square in two sizes. The picture of an id never
 * changes, so a client that has it need not ask for it again.
 *
 * In a command, a picture has only id and ticket, both from the answer to complete_upload; one
 * without an id removes the picture. In all else the server sets the rest.
 */
export interface Picture {
  id?: string;
  ticket?: string;
  /** Only the log and clients have the rest. */
  type?: string;
  /** of the large one, in bytes */
  size?: number;
  blurhash?: string;
}

/** Role is what a member may do in a group. */
export type Role = KnownRole | (string & {});

/** The values of {@link Role} that this version knows. */
export type KnownRole =
  | "owner" // one in each group; may also transfer and delete the group
  | "admin" // may also change members, settings and pins, and delete others' messages
  | "member" // may also write
  | "reader"; // may read

/** GalleryKind is the kind of things that a gallery shows. */
export type GalleryKind = KnownGalleryKind | (string & {});

/** The values of {@link GalleryKind} that this version knows. */
export type KnownGalleryKind =
  | "images" // pictures and videos
  | "files"
  | "voice" // voice messages and other audio
  | "links"; // addresses of web pages in the texts

/** MediaPlace is the place of an attachment or a link in a channel. */
export interface MediaPlace {
  /** of the message */
  seq: number;
  /**
   * Index is the number within the message, from 0: of its attachments first, and then of its
   * links.
   */
  index: number;
}

/** SearchOrder is the order of hits. */
export type SearchOrder = KnownSearchOrder | (string & {});

/** The values of {@link SearchOrder} that this version knows. */
export type KnownSearchOrder =
  | "time" // the newest message first; the default
  | "relevance"; // whole words first, then the beginnings of words, each by time

/** ChannelPlace is the place of a channel in the list. It has two members of ChannelInfo. */
export interface ChannelPlace {
  /** Unix milliseconds */
  active: number;
  id: string;
}

/** Status is what a user says about what they do now. Clients do not show it after Until. */
export interface Status {
  text?: string;
  /** one emoji */
  emoji?: string;
  /** Unix milliseconds; 0 is forever */
  until?: number;
}

/** PresenceState tells whether a user is online. */
export type PresenceState = KnownPresenceState | (string & {});

/** The values of {@link PresenceState} that this version knows. */
export type KnownPresenceState =
  | "online"
  | "away"
  | "invisible" // set by the user; all others see offline
  | "offline" // the user has no session that answers
  | "unknown"; // the caller may not see the user's presence

/** Purpose says for which use a file is uploaded. */
export type Purpose = KnownPurpose | (string & {});

/** The values of {@link Purpose} that this version knows. */
export type KnownPurpose =
  | ""
  | "picture"; // A picture of the caller, if the channel is the caller's own, or of a group, if the caller may rename that group. It must be a JPEG, PNG, GIF or WebP file. The server cuts a square out of its middle and keeps only that. The ticket is for set_profile or update_channel.

/** PushKind is a way of telling. */
export type PushKind = KnownPushKind | (string & {});

/** The values of {@link PushKind} that this version knows. */
export type KnownPushKind =
  | "web" // Web Push: browsers, and applications with UnifiedPush
  | "fcm" // Android devices
  | "apns" // Apple devices
  | "webhook"; // the URL of a service, signed as Standard Webhooks has it

/**
 * Limits are the limits of a session. The welcome frame tells the ones in force. Rates are
 * sustained rates; the unused allowance of up to two seconds may be used at once.
 */
export interface Limits {
  /** of one message from the client */
  frame_bytes: number;
  /** of content.text, in UTF-8 */
  text_bytes: number;
  /** commands without a reply */
  in_flight: number;
  /** of one group, including its creator */
  group_members: number;
  /** of one page */
  history_events: number;
  /** of one message */
  message_edits: number;
  /** of one session */
  commands_per_s: number;
  /**
   * Of one user on one node: over all sessions of the user, and commands that back ends give as the
   * user.
   */
  user_commands_per_s: number;
  /**
   * In one channel, by all its members. One member may use at most half, and members who use much
   * leave room for those who use little. Moderation is not limited.
   */
  channel_events_per_s: number;
  /**
   * How many groups one user may make a minute on one node, and how many members the user may bring
   * into groups a minute, by making groups, adding members and joining. Unused allowance of up to
   * two minutes may be used at once.
   */
  groups_per_min: number;
  members_per_min: number;
  /** in how many groups one user may be */
  user_groups: number;
  /**
   * The server pings at least this often. A session that is silent for two intervals counts as
   * offline. Over WebSocket it is then closed, within another interval.
   */
  ping_interval_s: number;
}

/** The limits of a server whose configuration sets none. */
export const defaultLimits: Limits = {
  frame_bytes: 65536,
  text_bytes: 16384,
  in_flight: 64,
  group_members: 500,
  history_events: 100,
  message_edits: 500,
  commands_per_s: 200,
  user_commands_per_s: 200,
  channel_events_per_s: 100,
  groups_per_min: 30,
  members_per_min: 1000,
  user_groups: 1000,
  ping_interval_s: 25,
};

/** Kind is the kind of an event: the first member of its record. */
export type Kind = KnownKind | (string & {});

/** The values of {@link Kind} that this version knows. */
export type KnownKind =
  | "message"
  | "meta" // membership and settings of a channel
  | "edit" // edits a message: target and the new content
  | "delete" // deletes a message: target and erased
  | "reaction" // reacts to a message: target, emoji, and remove if it was taken back
  | "setting" // a setting of a user, in that user's own channel
  | "profile" // changes the profile of a user, in that user's own channel
  | "pin" // pins a message: target, and remove if the pin was removed
  | "note"; // a note of the server for itself; only the log has it

/** Action is the action of a meta event. */
export type Action = KnownAction | (string & {});

/** The values of {@link Action} that this version knows. */
export type KnownAction =
  | "created" // the first event of every channel
  | "updated" // settings has the settings that changed
  | "added" // the sender added members
  | "joined" // the sender joined by an invite
  | "requested" // the sender asks to join by an invite
  | "left" // the sender left
  | "removed" // The sender removed members, or refused users who asked to join. Both kinds of users are told.
  | "banned" // the sender banned members, which also removes them
  | "unbanned" // the sender unbanned members
  | "role" // members got a role; if it is owner, the sender becomes an admin
  | "invited" // an invite was made or changed
  | "invite_revoked"
  | "deleted"; // the channel was deleted; this is its last event

/** ChannelKind distinguishes direct channels, groups and users' own channels. */
export type ChannelKind = KnownChannelKind | (string & {});

/** The values of {@link ChannelKind} that this version knows. */
export type KnownChannelKind =
  | "direct"
  | "group"
  | "own"; // the settings of one user

/** GroupSettings are settings of a group. Each may be missing. */
export interface GroupSettings {
  name?: string;
  topic?: string;
  /** seconds between two messages of one member; 0 is off */
  slow_mode_s?: number;
  /** no member may write; all may read */
  archived?: boolean;
  picture?: Picture;
}

/** Invite lets users who know its secret join a group. */
export interface Invite {
  /** SHA-256 of the secret, hexadecimal */
  hash: string;
  /** Unix milliseconds; 0 is never */
  expires?: number;
  /** how often it may still be used; 0 is without limit */
  uses?: number;
  /** users who join by it wait for an admin */
  approval?: boolean;
}

/** Meta is a change of a channel itself. */
export interface Meta {
  action: Action;
  kind?: ChannelKind;
  name?: string;
  /** the settings that changed */
  settings?: GroupSettings;
  /** the users the change is about */
  members?: string[];
  /**
   * Seq of the last message before Members came or went. New members see the messages after it;
   * former members see those up to it.
   */
  seq?: number;
  role?: Role;
  /** Only in the log: clients do not get it. Users who manage invites have them by get_channel. */
  invite?: Invite;
}

/** Erased has the parts that remain of a deleted message. */
export interface Erased {
  id: string;
  /**
   * ClientID lets the server recognise a retry of the send, which must not bring back the deleted
   * message.
   */
  client_id?: string;
  sender: string;
  /** Unix milliseconds */
  timestamp: number;
  /** Said is the time of the channel's last message, which the log may lose by the deletion. */
  said?: number;
}

/** Setting is one of a user's settings. */
export interface Setting {
  name: string;
  value: string;
}

/**
 * Note is a note of the server for itself in a channel's log. It says either that a command was
 * carried out and changed nothing, or which users an @here mentions. No client gets it.
 */
export interface Note {
  /**
   * Command is a hash of the command that changed nothing. A retry is answered with the place of
   * its note.
   */
  command?: string;
  /**
   * Request is set if the command was to join, by a user who waited to be let in: the client id of
   * the request that was there. A retry is answered with the place of that request.
   */
  request?: string;
  /**
   * Seq is the message that mentions @here. Present are the members who were connected then,
   * including invisible ones.
   */
  seq?: number;
  present?: string[];
}

/** ProfileChange holds the parts of a profile that a change is about. The others are missing. */
export interface ProfileChange {
  name?: string;
  picture?: Picture;
  /** of time: an IANA name such as Europe/Berlin */
  zone?: string;
  status?: Status;
  /**
   * Provided says that name and zone are from the user's identity provider. No client may set it.
   */
  provided?: boolean;
}

/**
 * PushTarget is the address at which a user is told, with its keys. All of it is secret: anybody
 * who has it can send the user notifications.
 */
export interface PushTarget {
  /** Address is the URL of the endpoint or webhook, or the token of the device. */
  address: string;
  /**
   * Key is p256dh of a browser's subscription, in base64url, or the secret that signs a webhook
   * (whsec_ and base64). Devices have none.
   */
  key?: string;
  /** Auth is auth of a browser's subscription, in base64url. */
  auth?: string;
}

/**
 * Reaction is an emoji and the users who reacted with it. The log keeps all users. Pages tell how
 * many there are, whether the caller is one of them, and the first few names, ascending. The
 * operation get_reactions pages through all of them.
 */
export interface Reaction {
  emoji: string;
  count?: number;
  own?: boolean;
  users: string[];
}

/**
 * ChannelInfo is a channel as one of its members sees it.
 *
 * Unread is the distance from the last known message to the last message. The last known message is
 * the highest of what the caller read, what the caller sent and where the caller joined. Unread is
 * the same on every device. It counts places: a deleted message keeps its place until the caller
 * has read past it. Mentions is the number of unread messages that mention the caller or everybody,
 * in their current version. A deleted message mentions no user.
 */
export interface ChannelInfo {
  id: string;
  kind: ChannelKind;
  name?: string;
  topic?: string;
  picture?: Picture;
  /** seconds between two messages of one member; 0 is off */
  slow_mode_s?: number;
  archived?: boolean;
  /** the caller's role */
  role?: Role;
  member_count: number;
  /** Ascending. In a list, only direct channels and groups of up to 20 have it. */
  members?: string[];
  /** of the last message; 0 if there is none */
  seq: number;
  /**
   * Time of the last message, or of the caller's coming if that was later, in Unix milliseconds. It
   * is earlier than the event's own timestamp if that turned out to be ahead of the right clock.
   */
  active: number;
  unread: number;
  /** at most 100 */
  mentions?: number;
  /** the caller's setting mute/ID */
  mute?: string;
  /** the caller's setting top/ID is on */
  top?: boolean;
  /** the last message, as a page has it, if the caller may see it */
  last?: Event;
  /** Place of its creation in the log, for reads with seen. Only in answers to create_group. */
  at?: ShardPos;
}

/** MessageVersion is the content of a message from some time on. */
export interface MessageVersion {
  /** Unix milliseconds */
  timestamp: number;
  content: Content;
}

/** GalleryItem is an attachment or a link, and where it is. */
export interface GalleryItem {
  /** of the message */
  seq: number;
  /**
   * Index is the number within the message, from 0: of its attachments first, and then of its
   * links.
   */
  index: number;
  sender: string;
  /** of the message, Unix milliseconds */
  timestamp: number;
  attachment?: Attachment;
  link?: string;
}

/** HighlightIn names a text of a message. */
export type HighlightIn = KnownHighlightIn | (string & {});

/** The values of {@link HighlightIn} that this version knows. */
export type KnownHighlightIn =
  | "name" // of an attachment
  | "caption"; // of an attachment

/**
 * Highlight is a part of a text that was looked for. Start and Length count Unicode code points, as
 * in a Mention. Highlights of one text ascend and do not overlap.
 */
export interface Highlight {
  /** the text of the message, or the name itself, if unset */
  in?: HighlightIn;
  /** Attachment is the number of the attachment whose name or caption this is about. */
  attachment?: number;
  start: number;
  length: number;
}

/**
 * Excerpt is a part of a text file, around the words that were found. Its highlights are about
 * Text.
 */
export interface Excerpt {
  /** its number in the message */
  attachment: number;
  text: string;
  highlights: Highlight[];
}

/** Hit is a message that a search has found, as it is now. */
export interface Hit {
  channel: string;
  seq: number;
  id: string;
  sender: string;
  /** Unix milliseconds */
  timestamp: number;
  edited?: number;
  content: Content;
  highlights: Highlight[];
  /** of files that are texts */
  excerpts?: Excerpt[];
}

/** Rebuilding tells how far an incomplete index of a node is, in events of the log. */
export interface Rebuilding {
  done: number;
  of: number;
}

/** PersonMatch is a user that find has found. */
export interface PersonMatch {
  user: string;
  /** the name that is shown, if there is one */
  name?: string;
  /** in the name that is shown, or in the user */
  highlights?: Highlight[];
}

/** ChannelMatch is a group that find has found. */
export interface ChannelMatch {
  channel: string;
  name: string;
  archived?: boolean;
  /** in the name */
  highlights?: Highlight[];
}

/** Profile is what a user says about themselves, as far as the caller may see it. */
export interface Profile {
  user: string;
  /** in any script; other users may have the same name */
  name?: string;
  picture?: Picture;
  /** of time: an IANA name such as Europe/Berlin */
  zone?: string;
  status?: Status;
  /** ascends with each change */
  version?: number;
  /**
   * A member of the channel that the command names, whose display name or id this user's display
   * name looks like, and who had it before. Clients warn, and show both ids.
   */
  imitates?: string;
}

/** PictureURL says where a picture can be read. */
export interface PictureURL {
  id: string;
  url: string;
  /** Unix milliseconds */
  expires: number;
}

/**
 * Receipt tells how far a member has read and received. A member who turned off privacy/receipts
 * shows no read place, and is shown none.
 */
export interface Receipt {
  user: string;
  /** seq of the last message read */
  read?: number;
  /** seq of the last message received */
  delivered?: number;
}

/** UserPresence is the presence of a user as the caller may see it. */
export interface UserPresence {
  user: string;
  /** never invisible */
  state: PresenceState;
  /**
   * When the user, not being invisible, was last heard, Unix milliseconds; 0 if unknown or if the
   * user is not offline.
   */
  last_seen?: number;
}

/** Session is one of the caller's own sessions. */
export interface Session {
  id: string;
  /** Unix milliseconds */
  started: number;
  /** websocket, stream or poll; a poll is listed only while it waits */
  transport: string;
  /** Address of the client as the node saw it. Behind a proxy it is the proxy's. */
  address?: string;
  /** The client's name for itself (User-Agent), the first 100 characters. */
  agent?: string;
  /** the session that asks */
  current?: boolean;
}

/**
 * UploadPart is a part of a file and the request that uploads it. It begins at byte (Number-1) ×
 * part_size of the file.
 */
export interface UploadPart {
  /** from 1 */
  number: number;
  size: number;
  url: string;
  headers?: { [name: string]: string };
}

/** StorageUse is how much room files take, in bytes. */
export interface StorageUse {
  /** by files in messages */
  used: number;
  /** by uploads that no message has yet */
  reserved?: number;
  /** 0 if there is none */
  limit?: number;
}

/** PushReason says why a server does not tell. */
export type PushReason = KnownPushReason | (string & {});

/** The values of {@link PushReason} that this version knows. */
export type KnownPushReason =
  | "off" // its operator has turned it off
  | "no_public_url" // push services want to know how to reach the operator
  | "no_key"; // the log was made by an early version, and has no key

/** PushContent is how much a notification says. */
export type PushContent = KnownPushContent | (string & {});

/** The values of {@link PushContent} that this version knows. */
export type KnownPushContent =
  | "full" // the sender and the text
  | "sender" // the sender, and not the text
  | "none"; // that there is something

/** PushState says whether telling works. */
export type PushState = KnownPushState | (string & {});

/** The values of {@link PushState} that this version knows. */
export type KnownPushState =
  | "ok" // as far as is known
  | "failing" // the last try failed; later ones may succeed
  | "gone"; // the address is known no more, or unused; the device may renew it

/** PushSubscription is one of the caller's subscriptions. */
export interface PushSubscription {
  id: string;
  kind: PushKind;
  /** by which the user knows the device */
  label?: string;
  /** in which to tell, such as ja or en-GB */
  language?: string;
  /** Unix milliseconds */
  since: number;
  /** Unix milliseconds */
  renewed: number;
  /** of the event that has renewed it */
  version: number;
  /** whether the last try came through */
  state: PushState;
  /** of a state that is not ok: a stable word */
  reason?: string;
  /** when the last notification was taken, Unix milliseconds */
  told?: number;
}

/** PushMail says whether a user can have a digest by mail. */
export type PushMail = KnownPushMail | (string & {});

/** The values of {@link PushMail} that this version knows. */
export type KnownPushMail =
  | "ready"
  | "no_address"; // the identity provider has told no verified address

/** PushResult is the result of telling a device. */
export type PushResult = KnownPushResult | (string & {});

/** The values of {@link PushResult} that this version knows. */
export type KnownPushResult =
  | "sent"
  | "gone" // the receiver does not know the address any more
  | "again" // a later try may succeed
  | "refused"; // this notification will never be taken

/** PushVerdict says whether a user is told of a message. */
export type PushVerdict = KnownPushVerdict | (string & {});

/** The values of {@link PushVerdict} that this version knows. */
export type KnownPushVerdict =
  | "told"
  | "later"
  | "not";

/** PushLogEntry is a decision about a message, or the result of telling one device of it. */
export interface PushLogEntry {
  /** descending */
  pos: number;
  /** Unix milliseconds */
  timestamp: number;
  channel?: string;
  seq?: number;
  verdict: PushVerdict;
  /** a stable word, such as mention, muted or quiet */
  reason: string;
  /** of the subscription, on entries about one; "mail" on those about a digest */
  id?: string;
  /** likewise */
  result?: PushResult;
}

/** Code names the kind of an error. Codes are stable: new ones are added, none is ever renamed. */
export type Code = KnownCode | (string & {});

/** The values of {@link Code} that this version knows. */
export type KnownCode =
  | "malformed" // not JSON, or wrong JSON for its type; fix the client
  | "unknown_type" // this server does not know the command
  | "too_large" // over a limit that the welcome told
  | "invalid" // well formed, but a member has an impossible value; the text names the member
  | "not_connected" // the first frame was not connect, or connect came twice
  | "unsupported" // this server does not speak the client's protocol version
  | "unauthorized" // no token, or an invalid one
  | "expired" // the token has expired; get a fresh one
  | "forbidden" // no such channel, or the caller is not a member: the two look the same
  | "not_found" // nothing of this name that the caller may see
  | "conflict" // the client_id was already used for something else
  | "too_fast" // over a rate or an in-flight limit; wait retry_after
  | "unavailable" // no quorum, the writer is moving, or the node drains; nothing was stored
  | "timeout" // unknown whether it was stored; retry with the same client_id
  | "storage_full" // the server's disk is full; retry later
  | "quota" // the files of the user, or of the channel, take all the room they may; delete some
  | "superseded" // the client waits for this reply no more, or a newer command of the session has taken its place
  | "internal"; // a fault of the server, which its log describes under this session

/**
 * Connect opens a session and is the first frame on every transport. Over HTTP the token may come
 * in the Authorization header instead.
 */
export interface Connect {
  type: "connect";
  ref?: number;
  v: number;
  token?: string;
  resume?: Resume;
}

/** Refresh replaces the session's token before it expires. The user must stay the same. */
export interface Refresh {
  type: "refresh";
  ref?: number;
  token: string;
}

/** Pong answers a ping. It gets no reply. */
export interface Pong {
  type: "pong";
  ref?: number;
}

/**
 * Cancel gives up a command of the same connection, whose client waits for the reply no more. A
 * read that is under way, or waits for its turn, is answered with the code superseded. Everything
 * else goes on as if nothing had been said. Cancel itself gets no reply.
 */
export interface Cancel {
  type: "cancel";
  ref?: number;
  /** the ref of the command */
  command: number;
}

/**
 * Send stores a message. Exactly one of Channel and To is set; To opens the direct channel with
 * that user. A client retries a send with the same ClientID and content, and then gets the original
 * id and seq.
 *
 * Sends of one session to one channel are stored in their order. If one send is refused and may be
 * retried, the later ones are refused too until the client retries it. They get the same code,
 * unless they have an error of their own. A client that retries refused sends in their original
 * order keeps that order. A client that gives up on the refused send can send other messages after
 * two seconds.
 */
export interface Send {
  type: "send";
  ref?: number;
  channel?: string;
  to?: string;
  client_id: string;
  content: Content;
}

/**
 * Forward sends the text and the attachments of a message to another channel, under its sender's
 * name, without its mentions and its reply. The caller must be able to read the message. Exactly
 * one of Channel and To is set, as for Send. Forward is about two channels, so it is not a Change,
 * but it is answered like one.
 */
export interface Forward {
  type: "forward";
  ref?: number;
  seen?: ShardPos[];
  channel?: string;
  to?: string;
  client_id: string;
  from: ChannelSeq;
}

/**
 * Edit replaces the content of a message. Only the sender of the message may edit it, and a
 * forwarded message cannot be edited. Earlier versions stay readable, so a message can be edited
 * only as often as Limits.MessageEdits says; after that a new message has to correct it.
 *
 * An edit whose content has no attachments keeps the attachments of the message. If it has
 * attachments, by their ids and captions, the message keeps these alone, in the new order; an empty
 * list removes all. An edit cannot add attachments. A message that it leaves without any must have
 * text.
 */
export interface Edit {
  type: "edit";
  ref?: number;
  channel: string;
  seq: number;
  client_id?: string;
  content: Content;
}

/**
 * Delete erases a message for everybody: from the log and from everything derived from it. A
 * tombstone keeps its place. The sender of the message may delete it. In a group, admins and the
 * owner may delete it too, if the sender's role is below theirs.
 */
export interface Delete {
  type: "delete";
  ref?: number;
  channel: string;
  seq: number;
  client_id?: string;
}

/** React adds one emoji of the caller to a message, or takes it back. */
export interface React {
  type: "react";
  ref?: number;
  channel: string;
  seq: number;
  emoji: string;
  remove?: boolean;
  client_id?: string;
}

/**
 * GetReactions asks for the users who reacted to a message with an emoji, ascending. If After is
 * set, it asks for those after that user.
 */
export interface GetReactions {
  type: "get_reactions";
  ref?: number;
  seen?: ShardPos[];
  channel: string;
  seq: number;
  emoji: string;
  after?: string;
  /** 50 if unset */
  limit?: number;
}

/**
 * Pin marks a message for everybody in the channel, or removes the mark. In a group, only admins
 * and the owner may pin.
 */
export interface Pin {
  type: "pin";
  ref?: number;
  channel: string;
  seq: number;
  remove?: boolean;
  client_id?: string;
}

/**
 * GetPins asks for the pinned messages of a channel, the newest message first. With Before, it asks
 * for those before that seq.
 */
export interface GetPins {
  type: "get_pins";
  ref?: number;
  seen?: ShardPos[];
  channel: string;
  before?: number;
}

/**
 * CreateGroup makes a group of the caller and Members. A retry with the same ClientID returns the
 * same group. A member who has blocked the caller cannot be named.
 */
export interface CreateGroup {
  type: "create_group";
  ref?: number;
  client_id: string;
  name: string;
  members: string[];
}

/**
 * UpdateChannel changes those settings of a group that are set in the command. Only admins and the
 * owner may change settings.
 */
export interface UpdateChannel {
  type: "update_channel";
  ref?: number;
  channel: string;
  name?: string;
  topic?: string;
  /** seconds between two messages of one member; 0 is off */
  slow_mode_s?: number;
  /** no member may write; all may read */
  archived?: boolean;
  /** Uploaded for this group and the purpose picture. One without an id removes the picture. */
  picture?: Picture;
  client_id?: string;
}

/**
 * DeleteChannel ends a group for everybody and erases its log. Only the owner may delete a group.
 */
export interface DeleteChannel {
  type: "delete_channel";
  ref?: number;
  channel: string;
  client_id?: string;
}

/**
 * AddMembers adds users to a group. This also admits users who asked to join. Only admins and the
 * owner may add members. A user who has blocked the caller cannot be added, nor can a user who has
 * left the group: such a user comes back by an invite, or by asking to join.
 */
export interface AddMembers {
  type: "add_members";
  ref?: number;
  channel: string;
  members: string[];
  client_id?: string;
}

/**
 * RemoveMember removes from a group a user whose role is below the caller's. With Ban, the user
 * cannot come back by an invite. Removing a user who asked to join refuses the request.
 */
export interface RemoveMember {
  type: "remove_member";
  ref?: number;
  channel: string;
  user: string;
  ban?: boolean;
  client_id?: string;
}

/** Unban allows a banned user to be added, or to join, again. */
export interface Unban {
  type: "unban";
  ref?: number;
  channel: string;
  user: string;
  client_id?: string;
}

/**
 * SetRole gives a member of a group another role. The owner may give any role; giving RoleOwner
 * transfers the group and makes the caller an admin. An admin may give roles below the admin role
 * to members below the admin role.
 */
export interface SetRole {
  type: "set_role";
  ref?: number;
  channel: string;
  user: string;
  role: Role;
  client_id?: string;
}

/**
 * Leave takes the caller out of a group. An owner must transfer the group first, unless the owner
 * is the only member: the group ends with its last member.
 */
export interface Leave {
  type: "leave";
  ref?: number;
  channel: string;
  client_id?: string;
}

/**
 * CreateInvite lets users who know a secret join a group. The client makes the secret of at least
 * 128 random bits and tells the server only its hash, so nothing in the log opens the group. Users
 * who manage invites can list hashes. An invite whose secret is too regular to be random lets no
 * user in. If the invite already exists, it is changed.
 */
export interface CreateInvite {
  type: "create_invite";
  ref?: number;
  channel: string;
  /** SHA-256 of the secret, in lower-case hexadecimal */
  hash: string;
  /** seconds from now; 0 is never */
  expires_s?: number;
  /** how often it may be used; 0 is without limit */
  uses?: number;
  /** users who join by it wait for an admin */
  approval?: boolean;
  client_id?: string;
}

/** RevokeInvite ends an invite. */
export interface RevokeInvite {
  type: "revoke_invite";
  ref?: number;
  channel: string;
  hash: string;
  client_id?: string;
}

/**
 * Join makes the caller a member by an invite, or asks to join if the invite needs approval. Either
 * uses the invite once. It is not used up by callers who are already members or already wait. A
 * caller who left the group may come back by an invite. A caller who was removed may not, until an
 * admin adds them.
 */
export interface Join {
  type: "join";
  ref?: number;
  channel: string;
  secret: string;
  client_id?: string;
}

/**
 * History asks for one page of a channel's messages, in ascending order of seq: those before Before
 * (exclusive), or after After (exclusive), or those around Around (inclusive, about as many on
 * either side), or the latest ones if none is set. Because seq is dense, Before: Limit+1 gets the
 * first page. A page of large messages ends early and says that there are more. With Changes the
 * page also has the changes of the channel between its messages, see Page.
 */
export interface History {
  type: "history";
  ref?: number;
  seen?: ShardPos[];
  channel: string;
  before?: number;
  after?: number;
  around?: number;
  /** 50 if unset */
  limit?: number;
  changes?: boolean;
}

/**
 * GetVersions asks for all versions of a message, original and edits, except the first After of
 * them.
 */
export interface GetVersions {
  type: "get_versions";
  ref?: number;
  seen?: ShardPos[];
  channel: string;
  seq: number;
  after?: number;
}

/**
 * ListMedia asks for the attachments and links in the messages of a channel: all of them, or one
 * kind. They come by message, the newest message first, and within a message in its own order. With
 * Before, the list goes on after that place.
 */
export interface ListMedia {
  type: "list_media";
  ref?: number;
  seen?: ShardPos[];
  channel: string;
  /** all kinds if unset */
  kind?: GalleryKind;
  before?: MediaPlace;
  /** 50 if unset */
  limit?: number;
}

/**
 * Search asks for messages, in all channels that the caller is a member of, as far as the caller
 * may see them. The query is as people type it:
 *
 *     kitchen "field recordings" -draft deploy* from:alice in:"Design team" after:7d has:image
 *
 * Each query finds something or nothing; none is an error. Text that is not of the language is a
 * word to look for. A query without a word or a filter finds nothing.
 */
export interface Search {
  type: "search";
  ref?: number;
  seen?: ShardPos[];
  query: string;
  by?: SearchOrder;
  /** Channel narrows the search to one channel, as "in:" in the query does by name. */
  channel?: string;
  /** Zone is the time zone of the dates in the query, such as "Asia/Tokyo"; UTC if unset. */
  zone?: string;
  /** next from the previous answer to the same query */
  after?: string;
  /** 20 if unset */
  limit?: number;
}

/**
 * Find asks for people and channels by the beginning of their names, while the caller types: people
 * who are in a channel with the caller, and the caller's channels. The words of the query may come
 * in any order. Japanese names are found by kana and by their Latin spelling. A newer find of the
 * same session cancels an older one, which is answered with the code superseded.
 */
export interface Find {
  type: "find";
  ref?: number;
  seen?: ShardPos[];
  query: string;
  /** of people, and of channels; 20 if unset */
  limit?: number;
}

/**
 * ListChannels asks for a window of the caller's channels, the most recently active first. Messages
 * make a channel active, and so does the caller's coming to it. Changes of messages and of the
 * channel itself do not. With Before, the window starts after the last channel of the previous
 * window. A channel that becomes active meanwhile moves to the top; the client learns this from the
 * channel's event.
 */
export interface ListChannels {
  type: "list_channels";
  ref?: number;
  seen?: ShardPos[];
  before?: ChannelPlace;
  /** 50 if unset */
  limit?: number;
}

/** GetChannel asks for a channel of the caller, including all its members. */
export interface GetChannel {
  type: "get_channel";
  ref?: number;
  seen?: ShardPos[];
  channel: string;
}

/**
 * Set changes one of the caller's own settings. Settings are events in the user's own channel,
 * OwnChannel. So all devices of the user get each change, in order, and a device that was away gets
 * the changes it missed. The names and the values they take:
 *
 *     mute/CHANNEL          until when, Unix milliseconds; 0 is forever
 *     top/CHANNEL           1: the channel stands at the top of the list
 *     hide/CHANNEL/SEQ      1: the message is deleted for the caller alone
 *     block/USER            1: nothing arrives from that user's direct channel, and that user
 *                           cannot add the caller to a group
 *     contact/USER          1: a contact, as every user with a direct channel to the caller is
 *     privacy/last_seen     everyone, contacts or nobody: who may see it
 *     privacy/receipts      off: no read receipts are sent, and none are shown
 *     client/NAME           anything that a client stores for itself
 *
 * These say of which messages the caller is told who is not looking:
 *
 *     notify/level           all, mentions or none: of all groups without a level of their own;
 *                            all unless set
 *     notify/level/CHANNEL   the same, of one channel; a direct one has all unless set
 *     notify/by_name         1: a mention of everybody, or of those who are here, does not count
 *     notify/keywords        words, one a line, whose messages count as mentions
 *     notify/person/USER     1: messages of that user count as mentions
 *     notify/snooze          until when nothing is told, Unix milliseconds
 *     notify/quiet           hours of quiet in the time zone of the caller's profile, such as
 *                            mon-fri 22:00-07:00; sat,sun 23:00-09:00
 *     notify/pass_mute       what is told of muted channels: mentions, keywords, people
 *     notify/pass_quiet      what is told during a snooze and hours of quiet: the same
 *     notify/content         full, sender or none: how much a notification says
 *     notify/mail            1: a mail tells of mentions that the caller has missed
 *
 * An empty value removes the setting. Each kind of setting has room of its own, so hiding never
 * takes the room to block. A setting that exists can always be changed.
 *
 * A setting push/ID is a subscription, which subscribe_push sets and unsubscribe_push removes.
 *
 * Once a message is hidden, the caller gets it in no page, list, pin or version, and it does not
 * mention the caller. It keeps its place in the unread count, so that the count is still a
 * distance. Live events and the events after a resume are the same for everybody, and include the
 * setting.
 */
export interface Set {
  type: "set";
  ref?: number;
  name: string;
  value: string;
  client_id?: string;
}

/**
 * GetSettings asks for the caller's settings whose names start with Prefix. If After is set, it
 * asks for those after that name.
 */
export interface GetSettings {
  type: "get_settings";
  ref?: number;
  seen?: ShardPos[];
  prefix?: string;
  after?: string;
}

/**
 * SetProfile changes those parts of the caller's profile that the command names. The others stay as
 * they are, so two devices that change different parts do not undo each other's change. An empty
 * value removes a part.
 *
 * A name is cleaned as the name of a group is. If the server takes names from an identity provider
 * and is configured to let users set no other, a command with a name is refused with forbidden. The
 * same holds for time zones.
 *
 * A profile is an event of kind profile in the user's own channel, so all devices of the user get
 * each change. Everybody else who shares a channel with the user gets Profiles.
 */
export interface SetProfile {
  type: "set_profile";
  ref?: number;
  name?: string;
  picture?: Picture;
  /** of time: an IANA name such as Europe/Berlin */
  zone?: string;
  status?: Status;
  /**
   * Provided says that name and zone are from the user's identity provider. No client may set it.
   */
  provided?: boolean;
  client_id?: string;
}

/**
 * GetProfiles asks for the profiles of up to 100 users. Name and picture are for everybody, unless
 * the server is configured otherwise. Zone and status are for users who share a channel with the
 * user and are not blocked by them. If Channel is set, the caller must be a member of it, and the
 * answer tells which of the users imitate another member.
 *
 * The answer takes work that depends on how many channels the caller and the users are in, and how
 * many members Channel has. That work counts as further commands of the caller.
 */
export interface GetProfiles {
  type: "get_profiles";
  ref?: number;
  seen?: ShardPos[];
  users: string[];
  channel?: string;
}

/**
 * GetPictures asks for URLs of up to 100 pictures, in one size. Pictures that the caller may not
 * see, or that belong to no profile or group any more, are left out of the answer.
 */
export interface GetPictures {
  type: "get_pictures";
  ref?: number;
  seen?: ShardPos[];
  ids: string[];
  /** small, which is 64 pixels wide, unless set to large, which is 256 */
  rendition?: Rendition;
}

/**
 * Read says that the caller has read a channel up to and including a message. The message then
 * counts as received too. Sending a message says the same of that message, so a sender need not say
 * read. A seq that is not above the known one changes nothing. A seq above the channel's last one
 * counts as the last one; a server that is behind waits until it knows the last one. Done is sent
 * before the place is stored: a server that crashes may forget the last moment, so a client tells
 * its places again when it reconnects. If the place could not be stored, the answer is not done but
 * storage_full or unavailable.
 */
export interface Read {
  type: "read";
  ref?: number;
  seen?: ShardPos[];
  channel: string;
  seq: number;
}

/**
 * Received says up to which message a device of the caller has received, in up to 100 channels. The
 * rules of Read hold for it too.
 */
export interface Received {
  type: "received";
  ref?: number;
  seen?: ShardPos[];
  cursors: ChannelSeq[];
}

/** GetReceipts asks how far each member of a channel has read and received. */
export interface GetReceipts {
  type: "get_receipts";
  ref?: number;
  seen?: ShardPos[];
  channel: string;
}

/**
 * Watch names the channels on the caller's screen, at most 20. It replaces the channels named
 * before. Frequent changes in a group, which matter only to users who look at the group, are sent
 * only for watched groups. It ends with the session.
 */
export interface Watch {
  type: "watch";
  ref?: number;
  channels: string[];
}

/**
 * SetPresence sets how this session counts, until it ends. A session begins as online, and others
 * see that after one second. A user who wants to come unseen sends SetPresence right after connect.
 * The presence of a user is the presence of the user's most visible session. A session that does
 * not answer pings counts as offline meanwhile. A user who comes back within five seconds was never
 * away, and a user who comes and goes again and again is online.
 */
export interface SetPresence {
  type: "set_presence";
  ref?: number;
  /** online, away or invisible */
  state: PresenceState;
}

/**
 * FollowPresence asks for the presence of up to 200 users and for every change of it. It lasts
 * until the session ends or the command is sent again; the new users then replace the old ones.
 */
export interface FollowPresence {
  type: "follow_presence";
  ref?: number;
  users: string[];
}

/** GetPresence asks for the presence of up to 200 users, once. */
export interface GetPresence {
  type: "get_presence";
  ref?: number;
  users: string[];
}

/**
 * SetTyping says that the caller is writing a message. Clients should send it every three seconds
 * while the user writes. The server passes it on at most once in two seconds and does not store it.
 * A client that gets none for six seconds may take it that the user has stopped.
 */
export interface SetTyping {
  type: "set_typing";
  ref?: number;
  channel: string;
}

/** ListSessions asks for the caller's sessions. */
export interface ListSessions {
  type: "list_sessions";
  ref?: number;
}

/**
 * SignOut ends one of the caller's sessions, on whichever node it is, and all other sessions with
 * the same token. The token is revoked. Without a session it ends the session that asks. Over
 * PathFrames it ends every session that the token of the request has opened.
 */
export interface SignOut {
  type: "sign_out";
  ref?: number;
  session?: string;
}

/**
 * ReserveUpload asks for room for a file that the caller wants to send to a channel, or wants to be
 * a picture of it, and how to upload it. The caller must be allowed to do that, and have room left,
 * as the channel must. Then the caller makes the requests of the reply, gives complete_upload, and
 * sends a message with the ticket that answers it.
 *
 * A retry with the same members finds the same upload, on any node: the answer names the parts that
 * are still missing. So a client that derives the ClientID from the file goes on with an upload
 * after it was started again.
 */
export interface ReserveUpload {
  type: "reserve_upload";
  ref?: number;
  channel: string;
  client_id: string;
  /** of the file, without a path */
  name: string;
  /** bytes */
  size: number;
  media_type?: string;
  /** of the file, 64 digits in hex */
  sha256: string;
  /** The purpose of the file: a message, unless set to picture. */
  purpose?: Purpose;
}

/**
 * ResumeUpload asks how to upload the rest of a file. Only the user who reserved an upload may
 * resume it.
 */
export interface ResumeUpload {
  type: "resume_upload";
  ref?: number;
  media: string;
}

/**
 * CompleteUpload says that storage has all bytes of a file. The server looks at the file, cleans it
 * and makes previews. That may take a while: as long as it is not done, the answer is unavailable
 * with retry_after, and a retry waits for the same work. A file that is already complete is
 * answered at once, again and again.
 */
export interface CompleteUpload {
  type: "complete_upload";
  ref?: number;
  media: string;
  /** A sound that is a voice message, and a byte for each bar of its waveform. */
  voice?: boolean;
  waveform?: string;
}

/**
 * GetMedia asks for a URL of a file that a message has. The caller must be able to see the message
 * now. Otherwise the answer is the same as for a file that does not exist.
 */
export interface GetMedia {
  type: "get_media";
  ref?: number;
  seen?: ShardPos[];
  channel: string;
  seq: number;
  media: string;
  /** the original unless set */
  rendition?: Rendition;
  /** Browsers are to save the file, not to show it. */
  download?: boolean;
}

/**
 * GetStorage asks how much room the caller's files take, and if it names a channel, how much the
 * files of that channel take.
 */
export interface GetStorage {
  type: "get_storage";
  ref?: number;
  seen?: ShardPos[];
  channel?: string;
}

/**
 * SubscribePush asks to tell the caller of messages at an address: by a browser's push service, by
 * a mobile device, or by calling a URL. The client chooses the id for the device, and the same id
 * renews the subscription: clients give the command at each start, because push services change
 * addresses. An address that another id of the caller has moves to this id.
 *
 * Before a client renews, it asks get_push. If an id that the server had is not in the reply, the
 * user has ended the subscription on another device: the client does not renew it, and takes a new
 * id when its user wants to be told there again.
 *
 * The event is a setting push/ID in the caller's own channel. Its value is the PushDevice. No
 * event, page or reply ever has the address, the key or the secret again.
 *
 * The command is refused if the server does not tell by that kind, or may not ask that URL.
 */
export interface SubscribePush {
  type: "subscribe_push";
  ref?: number;
  /** 22 to 64 characters of a-z, A-Z, 0-9, '_' and '-', chosen at random */
  id: string;
  kind: PushKind;
  /** by which the user knows the device */
  label?: string;
  /** in which to tell, such as ja or en-GB */
  language?: string;
  /** Address is the URL of the endpoint or webhook, or the token of the device. */
  address: string;
  /**
   * Key is p256dh of a browser's subscription, in base64url, or the secret that signs a webhook
   * (whsec_ and base64). Devices have none.
   */
  key?: string;
  /** Auth is auth of a browser's subscription, in base64url. */
  auth?: string;
  client_id?: string;
}

/** UnsubscribePush ends a subscription. It is no error if there is none. */
export interface UnsubscribePush {
  type: "unsubscribe_push";
  ref?: number;
  id: string;
  /**
   * Version says that the address is gone, unless a later event has renewed the subscription: the
   * version of the event by which it was set. The user is told there no more until the device
   * renews it, and get_push has it until then. Without a version, the subscription ends.
   */
  version?: number;
  client_id?: string;
}

/** GetPush asks how this server tells absent users, and where it tells the caller. */
export interface GetPush {
  type: "get_push";
  ref?: number;
  seen?: ShardPos[];
}

/**
 * TestPush sends a test notification to a device of the caller, and waits up to 10 seconds for the
 * receiver's answer. A user may do so a few times a minute.
 */
export interface TestPush {
  type: "test_push";
  ref?: number;
  id: string;
}

/**
 * GetPushLog asks of which messages the caller was told, of which not, and why. The newest come
 * first. Before is the pos of the last entry of the reply before, or 0.
 */
export interface GetPushLog {
  type: "get_push_log";
  ref?: number;
  before?: number;
  /** 50 unless set */
  limit?: number;
  channel?: string;
}

/**
 * Welcome opens a session. If Recovered is set, every event after the positions the client resumed
 * from follows, in order. Otherwise the client starts afresh at Positions and reads earlier events
 * with list_channels and history.
 */
export interface Welcome {
  type: "welcome";
  ref?: number;
  v: number;
  session: string;
  user: string;
  epoch: string;
  positions: number[];
  recovered: boolean;
  /** the server's clock, Unix milliseconds */
  time: number;
  /** when the token expires, Unix milliseconds */
  expires: number;
  limits: Limits;
}

/** Refreshed answers refresh. */
export interface Refreshed {
  type: "refreshed";
  ref?: number;
  /** of the new token, Unix milliseconds */
  expires: number;
}

/** Ack tells the sender that a message is stored. */
export interface Ack {
  type: "ack";
  ref?: number;
  id: string;
  client_id: string;
  channel: string;
  seq: number;
  shard: number;
  pos: number;
  /** Unix milliseconds */
  timestamp: number;
}

/** Reactions answers get_reactions. More says that there are further users after the last one. */
export interface Reactions {
  type: "reactions";
  ref?: number;
  channel: string;
  seq: number;
  emoji: string;
  users: string[];
  more: boolean;
}

/**
 * Page answers history and get_pins. More says that there are further messages in the requested
 * direction. Of a page around a message, More is about the messages before the page, and MoreAfter
 * about those after it.
 *
 * Changes are the events of the kinds meta and pin that lie between the messages of the page, in
 * the order in which they happened, if the command has asked for them. They are the changes that
 * the user has seen live, or would have seen. An event belongs to the message that its last names,
 * whether or not the user is shown that message: so pages that follow each other have each event
 * once. A page with no more messages on a side has all events on that side. MoreChanges says that
 * there were too many: older ones are left out.
 */
export interface Page {
  type: "page";
  ref?: number;
  channel: string;
  more: boolean;
  more_after?: boolean;
  events: Event[];
  changes?: Event[];
  more_changes?: boolean;
}

/**
 * Channel answers create_group and get_channel. The answer to get_channel also has the roles of all
 * members who are not plain members. Callers who may add members also see the requests to join, the
 * banned users, and the invites.
 */
export interface Channel {
  type: "channel";
  ref?: number;
  channel: ChannelInfo;
  owner?: string;
  admins?: string[];
  readers?: string[];
  requested?: string[];
  banned?: string[];
  invites?: Invite[];
}

/**
 * Versions answers get_versions with the first content of a message and the content of each edit. A
 * deleted message has no versions. More says that there are further versions; a command with After
 * asks for them.
 */
export interface Versions {
  type: "versions";
  ref?: number;
  channel: string;
  seq: number;
  more: boolean;
  versions: MessageVersion[];
}

/** Gallery answers list_media. If there are more items, Next is the place to go on from. */
export interface Gallery {
  type: "gallery";
  ref?: number;
  channel: string;
  items: GalleryItem[];
  next?: MediaPlace;
}

/**
 * Found answers search. A page may have fewer hits than were asked for although there are more:
 * Next tells. A search that would cost too much ends early, and goes on at Next.
 */
export interface Found {
  type: "found";
  ref?: number;
  hits: Hit[];
  /** Count is how many messages the query finds in all, as far as that is known. */
  count: number;
  /** AtLeast says that there may be more messages than Count. */
  at_least?: boolean;
  /** where to go on; unset at the end */
  next?: string;
  /**
   * Rebuilding is set while this node makes its index anew, or is too busy to keep it up to date.
   * Until then messages may be missing.
   */
  rebuilding?: Rebuilding;
}

/** Matches answers find, the best match first. More says that not all matches are listed. */
export interface Matches {
  type: "matches";
  ref?: number;
  people: PersonMatch[];
  channels: ChannelMatch[];
  more: boolean;
}

/** Channels answers list_channels. */
export interface Channels {
  type: "channels";
  ref?: number;
  channels: ChannelInfo[];
  more: boolean;
}

/**
 * Settings answers get_settings with the requested settings, ascending by name. More says that
 * there are further settings after the last one.
 */
export interface Settings {
  type: "settings";
  ref?: number;
  settings: Setting[];
  more: boolean;
}

/**
 * Profiles answers get_profiles with all requested users, in their order. A user without a profile,
 * whom the server need not know, has only their id. The server also sends it by itself: when the
 * profile of a user who shares a channel with the caller has changed. Then it never has imitates.
 *
 * Frames that the server sends by itself are not repeated: a client that reconnects, or polls, asks
 * again for the profiles that it shows. Of two profiles of a user the one with the higher version
 * counts.
 */
export interface Profiles {
  type: "profiles";
  ref?: number;
  users: Profile[];
}

/**
 * Pictures answers get_pictures. For about a day anybody who has a URL can read the picture with
 * it. Browsers may keep it for ever: a node gives the same URL for half a day, and a client that
 * stores pictures by their id needs no URL again.
 */
export interface Pictures {
  type: "pictures";
  ref?: number;
  pictures: PictureURL[];
}

/** Done answers a command whose reply has nothing else to say. */
export interface Done {
  type: "done";
  ref?: number;
}

/**
 * Receipts tells how far members of a channel have read and received. It answers get_receipts with
 * all members whose place is known. The server also sends it by itself, with the members who have
 * moved: always in direct channels, and in groups while they are watched. It does so at most once a
 * second for all channels together, and at once when the caller has read on another of the caller's
 * own devices. Cursors never go back on one connection. If a client knows a higher cursor from
 * another connection, the higher one holds.
 */
export interface Receipts {
  type: "receipts";
  ref?: number;
  channel: string;
  cursors: Receipt[];
}

/**
 * Presence answers follow_presence and get_presence with all requested users. The server also sends
 * it by itself, at most once a second, with those followed users whose presence has changed.
 */
export interface Presence {
  type: "presence";
  ref?: number;
  users: UserPresence[];
}

/**
 * Sessions answers list_sessions. It leaves out the sessions of nodes that do not answer within a
 * third of a second, and has 256 KiB at most.
 */
export interface Sessions {
  type: "sessions";
  ref?: number;
  sessions: Session[];
}

/**
 * Upload answers reserve_upload and resume_upload. It names the steps that are left. A file of some
 * MiB is uploaded whole, by one request; a larger one in parts. Each request goes to storage, with
 * the bytes as its body and exactly these headers. It needs nothing else, so its URL must be kept
 * secret while it is valid. If URLs have expired, resume_upload gives others.
 */
export interface Upload {
  type: "upload";
  ref?: number;
  /** the id of the file */
  media: string;
  /** Storage has all bytes: give complete_upload. */
  stored?: boolean;
  /** until when the room is reserved, Unix milliseconds */
  room: number;
  /** of all requests: PUT */
  method?: string;
  /** of all URLs, Unix milliseconds */
  expires?: number;
  /** of a file that is uploaded whole */
  url?: string;
  headers?: { [name: string]: string };
  /** of each part but the last; 0 for a file that is uploaded whole */
  part_size?: number;
  /** the next parts that storage does not have, at most 64 */
  parts?: UploadPart[];
  /** how many bytes of the parts storage has */
  has?: number;
}

/**
 * Attached answers complete_upload. The ticket attaches the file to messages of the caller in the
 * channel for which the file was uploaded.
 */
export interface Attached {
  type: "attachment";
  ref?: number;
  attachment: Attachment;
  ticket: string;
  /** of the ticket, Unix milliseconds */
  expires: number;
}

/**
 * MediaURL answers get_media. For some minutes anybody who has the URL can read the file with it,
 * by GET and by ranges, and nothing else.
 */
export interface MediaURL {
  type: "media_url";
  ref?: number;
  media: string;
  rendition: Rendition;
  url: string;
  /** Unix milliseconds */
  expires: number;
  media_type: string;
  size: number;
}

/** Storage answers get_storage. */
export interface Storage {
  type: "storage";
  ref?: number;
  user: StorageUse;
  channel?: StorageUse;
  /** of one file, at most */
  file_bytes: number;
}

/** Push answers get_push. */
export interface Push {
  type: "push";
  ref?: number;
  /** whether the server tells by any kind */
  on: boolean;
  /** Reason says why the server does not tell browsers, or does not tell at all. */
  reason?: PushReason;
  /**
   * Key is the server's public key (VAPID) in base64url, which browsers want as
   * applicationServerKey. A subscription that was made with another key is of no use.
   */
  key?: string;
  kinds: PushKind[];
  /** Content is the most that a notification says on this server: full, sender or none. */
  content: PushContent;
  subscriptions: PushSubscription[];
  /**
   * Mail says whether the caller can have a digest by mail of missed messages, by the setting
   * notify/mail. It is empty on a server that sends none.
   */
  mail?: PushMail;
}

/**
 * PushTested answers test_push. The receiver has taken the notification if the result is sent.
 * Whether the device shows it, only its user sees.
 */
export interface PushTested {
  type: "push_tested";
  ref?: number;
  result: PushResult;
  /** a stable word, such as timeout, status_403 or refused_address */
  reason: string;
}

/** PushLog answers get_push_log. Entries are kept for 7 days, and of each user only the newest. */
export interface PushLog {
  type: "push_log";
  ref?: number;
  entries: PushLogEntry[];
  more: boolean;
}

/**
 * Event is anything in a channel's log. The log stores its Record. The server adds shard, pos and
 * channel, the record's place in the log, when it sends the event.
 *
 * The seqs of messages are dense, with one exception. If a message was deleted before the session,
 * or its node, got that far, then the events after a resume may leave out the message and its
 * changes. The event of kind delete still comes, and pages show the tombstone.
 *
 * Versions ascend, and are dense in the log. A client does not get every one: not the changes of
 * messages from before its user came, which do not exist for that user, and no notes. The event
 * that refuses a user's request to join has version 0 and no last for that user, who is no member.
 */
export interface Event {
  type: "event";
  kind: Kind;
  /** dense per channel in the log, over all kinds */
  version: number;
  /**
   * After is set if this event was decided on the state after an earlier event of the same batch.
   * It is the distance in positions to that event. The event counts only if the earlier one does.
   */
  after?: number;
  id: string;
  client_id?: string;
  sender: string;
  /** dense per channel; messages only */
  seq?: number;
  /** On events other than messages: seq of the last message before the event. */
  last?: number;
  /**
   * Unix milliseconds by the writer's clock. It is earlier than the last event's time only if that
   * was dated by a clock that was wrong. The numbers of events say their order.
   */
  timestamp: number;
  /**
   * Clock is the writer's clock, on events of earlier versions, if the timestamp is far ahead of
   * it.
   */
  clock?: number;
  content?: Content;
  meta?: Meta;
  /** seq of the message that an edit, delete, reaction or pin is about */
  target?: number;
  emoji?: string;
  remove?: boolean;
  erased?: Erased;
  setting?: Setting;
  note?: Note;
  profile?: ProfileChange;
  /** Push is where the subscription leads whose setting the event is. No client gets it. */
  push?: PushTarget;
  /** time of the last edit, Unix milliseconds */
  edited?: number;
  /** how often it was edited */
  edits?: number;
  /** a tombstone: its content is gone */
  deleted?: boolean;
  pinned?: boolean;
  /** in the order in which the emoji were first used */
  reactions?: Reaction[];
  shard: number;
  pos: number;
  channel: string;
}

/**
 * Typing tells that a member is writing. It is sent always in direct channels, and in groups only
 * while the group is watched.
 */
export interface Typing {
  type: "typing";
  channel: string;
  user: string;
}

/**
 * Ping asks the client for any frame, such as pong. A client that reads a stream of server-sent
 * events posts it to PathFrames, with the session in the header HeaderSession.
 */
export interface Ping {
  type: "ping";
}

/**
 * Error is the only error type sent on the wire, as a frame of type "error". Message is for people
 * and names nothing internal. Programs use the code.
 */
export interface Error {
  type: "error";
  ref?: number;
  code: Code;
  message: string;
  retryable: boolean;
  /** milliseconds */
  retry_after?: number;
  /** wait in this channel only; commands to other channels may go on */
  channel?: string;
}

/** The table of operations: each command, and the frame that answers it unless an error does. */
export interface Operations {
  connect: { command: Connect; reply: Welcome };
  refresh: { command: Refresh; reply: Refreshed };
  pong: { command: Pong; reply: undefined };
  cancel: { command: Cancel; reply: undefined };
  send: { command: Send; reply: Ack };
  forward: { command: Forward; reply: Ack };
  edit: { command: Edit; reply: Ack };
  delete: { command: Delete; reply: Ack };
  react: { command: React; reply: Ack };
  get_reactions: { command: GetReactions; reply: Reactions };
  pin: { command: Pin; reply: Ack };
  get_pins: { command: GetPins; reply: Page };
  create_group: { command: CreateGroup; reply: Channel };
  update_channel: { command: UpdateChannel; reply: Ack };
  delete_channel: { command: DeleteChannel; reply: Ack };
  add_members: { command: AddMembers; reply: Ack };
  remove_member: { command: RemoveMember; reply: Ack };
  unban: { command: Unban; reply: Ack };
  set_role: { command: SetRole; reply: Ack };
  leave: { command: Leave; reply: Ack };
  create_invite: { command: CreateInvite; reply: Ack };
  revoke_invite: { command: RevokeInvite; reply: Ack };
  join: { command: Join; reply: Ack };
  history: { command: History; reply: Page };
  get_versions: { command: GetVersions; reply: Versions };
  list_media: { command: ListMedia; reply: Gallery };
  search: { command: Search; reply: Found };
  find: { command: Find; reply: Matches };
  list_channels: { command: ListChannels; reply: Channels };
  get_channel: { command: GetChannel; reply: Channel };
  set: { command: Set; reply: Ack };
  get_settings: { command: GetSettings; reply: Settings };
  set_profile: { command: SetProfile; reply: Ack };
  get_profiles: { command: GetProfiles; reply: Profiles };
  get_pictures: { command: GetPictures; reply: Pictures };
  read: { command: Read; reply: Done };
  received: { command: Received; reply: Done };
  get_receipts: { command: GetReceipts; reply: Receipts };
  watch: { command: Watch; reply: Done };
  set_presence: { command: SetPresence; reply: Done };
  follow_presence: { command: FollowPresence; reply: Presence };
  get_presence: { command: GetPresence; reply: Presence };
  set_typing: { command: SetTyping; reply: Done };
  list_sessions: { command: ListSessions; reply: Sessions };
  sign_out: { command: SignOut; reply: Done };
  reserve_upload: { command: ReserveUpload; reply: Upload };
  resume_upload: { command: ResumeUpload; reply: Upload };
  complete_upload: { command: CompleteUpload; reply: Attached };
  get_media: { command: GetMedia; reply: MediaURL };
  get_storage: { command: GetStorage; reply: Storage };
  subscribe_push: { command: SubscribePush; reply: Ack };
  unsubscribe_push: { command: UnsubscribePush; reply: Ack };
  get_push: { command: GetPush; reply: Push };
  test_push: { command: TestPush; reply: PushTested };
  get_push_log: { command: GetPushLog; reply: PushLog };
}

/**
 * What programs need to know of each operation: the type of its reply, who may ask, whether it
 * appends to the log of a channel, and whether its command has the members client_id and seen.
 */
export const operations = {
  connect: { reply: "welcome", asker: "connections", change: false, clientID: false, seen: false },
  refresh: { reply: "refreshed", asker: "connections", change: false, clientID: false, seen: false },
  pong: { reply: "", asker: "connections", change: false, clientID: false, seen: false },
  cancel: { reply: "", asker: "connections", change: false, clientID: false, seen: false },
  send: { reply: "ack", asker: "anybody", change: true, clientID: true, seen: false },
  forward: { reply: "ack", asker: "anybody", change: false, clientID: true, seen: true },
  edit: { reply: "ack", asker: "anybody", change: true, clientID: true, seen: false },
  delete: { reply: "ack", asker: "anybody", change: true, clientID: true, seen: false },
  react: { reply: "ack", asker: "anybody", change: true, clientID: true, seen: false },
  get_reactions: { reply: "reactions", asker: "anybody", change: false, clientID: false, seen: true },
  pin: { reply: "ack", asker: "anybody", change: true, clientID: true, seen: false },
  get_pins: { reply: "page", asker: "anybody", change: false, clientID: false, seen: true },
  create_group: { reply: "channel", asker: "anybody", change: false, clientID: true, seen: false },
  update_channel: { reply: "ack", asker: "anybody", change: true, clientID: true, seen: false },
  delete_channel: { reply: "ack", asker: "anybody", change: true, clientID: true, seen: false },
  add_members: { reply: "ack", asker: "anybody", change: true, clientID: true, seen: false },
  remove_member: { reply: "ack", asker: "anybody", change: true, clientID: true, seen: false },
  unban: { reply: "ack", asker: "anybody", change: true, clientID: true, seen: false },
  set_role: { reply: "ack", asker: "anybody", change: true, clientID: true, seen: false },
  leave: { reply: "ack", asker: "anybody", change: true, clientID: true, seen: false },
  create_invite: { reply: "ack", asker: "anybody", change: true, clientID: true, seen: false },
  revoke_invite: { reply: "ack", asker: "anybody", change: true, clientID: true, seen: false },
  join: { reply: "ack", asker: "anybody", change: true, clientID: true, seen: false },
  history: { reply: "page", asker: "anybody", change: false, clientID: false, seen: true },
  get_versions: { reply: "versions", asker: "anybody", change: false, clientID: false, seen: true },
  list_media: { reply: "gallery", asker: "anybody", change: false, clientID: false, seen: true },
  search: { reply: "found", asker: "anybody", change: false, clientID: false, seen: true },
  find: { reply: "matches", asker: "anybody", change: false, clientID: false, seen: true },
  list_channels: { reply: "channels", asker: "anybody", change: false, clientID: false, seen: true },
  get_channel: { reply: "channel", asker: "anybody", change: false, clientID: false, seen: true },
  set: { reply: "ack", asker: "anybody", change: true, clientID: true, seen: false },
  get_settings: { reply: "settings", asker: "anybody", change: false, clientID: false, seen: true },
  set_profile: { reply: "ack", asker: "anybody", change: true, clientID: true, seen: false },
  get_profiles: { reply: "profiles", asker: "anybody", change: false, clientID: false, seen: true },
  get_pictures: { reply: "pictures", asker: "anybody", change: false, clientID: false, seen: true },
  read: { reply: "done", asker: "anybody", change: false, clientID: false, seen: true },
  received: { reply: "done", asker: "anybody", change: false, clientID: false, seen: true },
  get_receipts: { reply: "receipts", asker: "anybody", change: false, clientID: false, seen: true },
  watch: { reply: "done", asker: "sessions", change: false, clientID: false, seen: false },
  set_presence: { reply: "done", asker: "sessions", change: false, clientID: false, seen: false },
  follow_presence: { reply: "presence", asker: "sessions", change: false, clientID: false, seen: false },
  get_presence: { reply: "presence", asker: "anybody", change: false, clientID: false, seen: false },
  set_typing: { reply: "done", asker: "clients", change: false, clientID: false, seen: false },
  list_sessions: { reply: "sessions", asker: "anybody", change: false, clientID: false, seen: false },
  sign_out: { reply: "done", asker: "anybody", change: false, clientID: false, seen: false },
  reserve_upload: { reply: "upload", asker: "anybody", change: false, clientID: true, seen: false },
  resume_upload: { reply: "upload", asker: "anybody", change: false, clientID: false, seen: false },
  complete_upload: { reply: "attachment", asker: "anybody", change: false, clientID: false, seen: false },
  get_media: { reply: "media_url", asker: "anybody", change: false, clientID: false, seen: true },
  get_storage: { reply: "storage", asker: "anybody", change: false, clientID: false, seen: true },
  subscribe_push: { reply: "ack", asker: "anybody", change: true, clientID: true, seen: false },
  unsubscribe_push: { reply: "ack", asker: "anybody", change: true, clientID: true, seen: false },
  get_push: { reply: "push", asker: "anybody", change: false, clientID: false, seen: true },
  test_push: { reply: "push_tested", asker: "anybody", change: false, clientID: false, seen: false },
  get_push_log: { reply: "push_log", asker: "anybody", change: false, clientID: false, seen: false },
} as const;

/** A frame from a client. */
export type Command = Operations[keyof Operations]["command"];

/** The frames from the server, by type. */
export interface Frames {
  welcome: Welcome;
  refreshed: Refreshed;
  ack: Ack;
  reactions: Reactions;
  page: Page;
  channel: Channel;
  versions: Versions;
  gallery: Gallery;
  found: Found;
  matches: Matches;
  channels: Channels;
  settings: Settings;
  profiles: Profiles;
  pictures: Pictures;
  done: Done;
  receipts: Receipts;
  presence: Presence;
  sessions: Sessions;
  upload: Upload;
  attachment: Attached;
  media_url: MediaURL;
  storage: Storage;
  push: Push;
  push_tested: PushTested;
  push_log: PushLog;
  event: Event;
  typing: Typing;
  ping: Ping;
  error: Error;
}

/** A frame from the server. */
export type Frame = Frames[keyof Frames];
